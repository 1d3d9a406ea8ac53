"""Who is suspended and who is banned, as SQL for every query that asks (docs/api.md, Moderation).

A suspension of ours has Supabase ban the account as well, which must not take away what the suspended keep: reading,
seeing their sanctions, appealing; nor does it outlast the suspension here. Such a ban is no longer than what we asked for;
any other shuts the person out.
"""

# Over auth.users as `u` and django.accounts_suspension as `s`, joined by the person and perhaps null.
SUSPENDED = "(s.user_id IS NOT NULL AND (s.until IS NULL OR s.until > now()))"
# With auth.users outer-joined: deleted, perhaps softly, which leaves the row.
GONE = "(u.id IS NULL OR u.deleted_at IS NOT NULL)"
_BY_US = "coalesce(u.banned_until <= s.banned_until + interval '5 minutes', false)"
BANNED = f"(coalesce(u.banned_until > now(), false) AND NOT {_BY_US})"
