"""Supabase's tables about people; unmanaged: rows only, never DDL (docs/database.md).

Left out: `cache` and `cache_locks` (unused), `detailed_profiles` (optional: accounts/detailed_profiles.py), and of
Supabase Auth everything but the columns of `auth.users` that are read.

The database does by itself: it makes the profile of a new account, copies name, email and phone of a changed account
into `contact_info`, and deletes what references a profile. It does not touch `updated_at`, and an account that still
has a profile, strings or events cannot be deleted.
"""

import uuid

from django.db import models
from django.db.models.functions import Now

from accounts.querysets import UserConnectionQuerySet, UserEnneagramQuerySet, UserProfileQuerySet
from lifestring.fields import NaiveUTCDateTimeField, PgEnumField


class ConnectionStatus(models.TextChoices):
    """public.connection_status; `blocked` means that the requester blocked the receiver."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    BLOCKED = "blocked"


class RecommendationStatus(models.TextChoices):
    """public.recommendation_status."""

    GENERATED = "generated"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class AuthUser(models.Model):
    """An account of Supabase Auth, which alone writes it; password and tokens are never read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    phone = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    email_confirmed_at = models.DateTimeField(null=True)
    last_sign_in_at = models.DateTimeField(null=True)
    raw_user_meta_data = models.JSONField(null=True)
    raw_app_meta_data = models.JSONField(null=True)
    banned_until = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    is_sso_user = models.BooleanField(null=True, default=False)
    is_anonymous = models.BooleanField(null=True, default=False)
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = '"auth"."users"'

    def __str__(self) -> str:
        return self.email or str(self.id)


class UserProfile(models.Model):
    """A person. Other tables reference `user_id`; `id` lives on in old links only.

    The JSON columns are written by other clients too and may hold anything.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField(unique=True)
    auth_user = models.ForeignObject(
        AuthUser, models.DO_NOTHING, from_fields=["user_id"], to_fields=["id"], related_name="profiles"
    )
    contact_info = models.JSONField(null=True)
    social_links = models.JSONField(null=True)
    attributes = models.JSONField(null=True)
    biography = models.JSONField(null=True)
    meta = models.JSONField(null=True)
    created_at = NaiveUTCDateTimeField(null=True, db_default=Now())
    updated_at = NaiveUTCDateTimeField(null=True, db_default=Now())
    is_admin = models.BooleanField(null=True, default=False)
    is_mod = models.BooleanField(null=True, default=False)

    objects = UserProfileQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "user_profiles"

    def __str__(self) -> str:
        name = self.contact_info.get("name") if isinstance(self.contact_info, dict) else None
        return name if isinstance(name, str) and name else str(self.user_id)


class Enneagram(models.Model):
    """One of the nine types; `attributes` holds strengths [], challenges [], leadership_style, communication_style."""

    id = models.AutoField(primary_key=True)
    type_number = models.SmallIntegerField(unique=True)
    name = models.TextField()
    description = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    attributes = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "enneagrams"

    def __str__(self) -> str:
        return f"{self.type_number} {self.name}"


class UserEnneagram(models.Model):
    """A type a person chose for themself."""

    pk = models.CompositePrimaryKey("user_id", "enneagram_id")
    user = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="user_id", related_name="user_enneagrams"
    )
    enneagram = models.ForeignKey(
        Enneagram, models.DO_NOTHING, db_column="enneagram_id", related_name="user_enneagrams"
    )

    objects = UserEnneagramQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "user_enneagrams"

    def __str__(self) -> str:
        return f"{self.user_id} is type {self.enneagram_id}"


class UserConnection(models.Model):
    """What stands between two people: at most one row in each direction."""

    pk = models.CompositePrimaryKey("requester_id", "receiver_id")
    requester = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="requester_id", related_name="sent_connections"
    )
    receiver = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="receiver_id", related_name="received_connections"
    )
    status = PgEnumField(
        enum="public.connection_status", choices=ConnectionStatus.choices, default=ConnectionStatus.PENDING
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = UserConnectionQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "user_connections"

    def __str__(self) -> str:
        return f"{self.requester_id} to {self.receiver_id}: {self.status}"


class UserRecommendation(models.Model):
    """A person recommended to another; `context` says why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="user_id", related_name="recommendations"
    )
    recommended_user = models.ForeignKey(
        UserProfile,
        models.DO_NOTHING,
        to_field="user_id",
        db_column="recommended_user_id",
        related_name="recommended_to",
    )
    similarity_score = models.DecimalField(max_digits=5, decimal_places=4)
    status = PgEnumField(
        enum="public.recommendation_status",
        choices=RecommendationStatus.choices,
        default=RecommendationStatus.GENERATED,
    )
    context = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = "user_recommendations"
        constraints = [models.UniqueConstraint(fields=["user", "recommended_user"], name="one_recommendation_per_pair")]

    def __str__(self) -> str:
        return f"{self.recommended_user_id} for {self.user_id}: {self.similarity_score}"
