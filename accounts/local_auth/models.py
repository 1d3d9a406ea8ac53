"""Supabase Auth's own tables behind sessions, as far as local mode uses them.

Columns left out: sessions.factor_id, aal, refreshed_at, user_agent, ip, tag; refresh_tokens.instance_id. Deleting a user
takes their sessions along, and a session its refresh tokens, by the database.
"""

import uuid

from django.db import models
from django.db.models.functions import Now


class AuthSession(models.Model):
    """One sign-in on one device; its id is the `session_id` of access tokens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    created_at = models.DateTimeField(null=True, db_default=Now())
    updated_at = models.DateTimeField(null=True, db_default=Now())
    not_after = models.DateTimeField(null=True)

    class Meta:
        managed = False
        app_label = "accounts"
        db_table = '"auth"."sessions"'

    def __str__(self) -> str:
        return str(self.id)


class AuthRefreshToken(models.Model):
    """One link of a session's chain: at most one token of a session is not revoked."""

    id = models.BigAutoField(primary_key=True)
    token = models.CharField(max_length=255, null=True)  # noqa: DJ001 - the column is nullable in Supabase
    user_id = models.CharField(max_length=255, null=True)  # noqa: DJ001 - as above
    revoked = models.BooleanField(null=True)
    parent = models.CharField(max_length=255, null=True)  # noqa: DJ001 - as above
    session_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(null=True, db_default=Now())
    updated_at = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        managed = False
        app_label = "accounts"
        db_table = '"auth"."refresh_tokens"'

    def __str__(self) -> str:
        return f"refresh token {self.id}"
