"""Supabase Auth's own tables, as far as local mode writes them; nothing else may use these models.

The rest of the product reads accounts through accounts.models.AuthUser, which knows no password. Deleting an account
takes its sessions along, and a session its refresh tokens, by the database.

The app label names no installed app on purpose: these models stay unknown to migrations, to the admin and to the
comparison of models with a real project's tables, so that the product never depends on what only local mode touches.
"""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now


class AuthAccount(models.Model):
    """One account with everything that signing in needs. One address has one account, by a partial unique index."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    aud = models.CharField(max_length=255, null=True)  # noqa: DJ001 - the column is nullable, as are those below
    role = models.CharField(max_length=255, null=True)  # noqa: DJ001
    email = models.CharField(max_length=255, null=True)  # noqa: DJ001
    phone = models.TextField(null=True)  # noqa: DJ001
    encrypted_password = models.CharField(max_length=255, null=True)  # noqa: DJ001
    email_confirmed_at = models.DateTimeField(null=True)
    last_sign_in_at = models.DateTimeField(null=True)
    raw_app_meta_data = models.JSONField(null=True)
    raw_user_meta_data = models.JSONField(null=True)
    banned_until = models.DateTimeField(null=True)
    is_anonymous = models.BooleanField(default=False)
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        app_label = "local_auth"
        db_table = '"auth"."users"'

    def __str__(self) -> str:
        return self.email or str(self.id)


class AuthSession(models.Model):
    """One sign-in on one device; its id is the `session_id` of access tokens."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    created_at = models.DateTimeField(null=True, db_default=Now())
    updated_at = models.DateTimeField(null=True, db_default=Now())
    not_after = models.DateTimeField(null=True)

    class Meta:
        managed = False
        app_label = "local_auth"
        db_table = '"auth"."sessions"'

    def __str__(self) -> str:
        return str(self.id)


class AuthRefreshToken(models.Model):
    """One link of a session's chain: at most one token of a session is not revoked."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    id = models.BigAutoField(primary_key=True)
    token = models.CharField(max_length=255, null=True)  # noqa: DJ001
    user_id = models.CharField(max_length=255, null=True)  # noqa: DJ001
    revoked = models.BooleanField(null=True)
    parent = models.CharField(max_length=255, null=True)  # noqa: DJ001
    session_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(null=True, db_default=Now())
    updated_at = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        managed = False
        app_label = "local_auth"
        db_table = '"auth"."refresh_tokens"'

    def __str__(self) -> str:
        return f"refresh token {self.id}"
