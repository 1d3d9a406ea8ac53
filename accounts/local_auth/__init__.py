"""Supabase Auth's wire format for local mode: the part of `/auth/v1` that clients of the product use.

Nothing in here is reachable unless local mode is on (lifestring/local/urls.py). Mails and text messages are not sent,
and addresses count as confirmed at once. Unlike a hosted project's gateway it does not insist on the `apikey` header.
"""
