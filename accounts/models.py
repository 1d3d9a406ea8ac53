"""People: Supabase's accounts and profiles as they are, and our own staff accounts and suspensions.

Unmanaged models mirror tables that Supabase owns (docs/database.md). Triggers on auth.users make a profile with every
account and copy name, e-mail and phone into it; nothing else is automatic. Left out: auth tables of other features, and
the optional `detailed_profiles`.
"""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.querysets import UserConnectionQuerySet, UserEnneagramQuerySet, UserProfileQuerySet
from lifestring.fields import NaiveUTCDateTimeField, PgEnumField


class ConnectionStatus(models.TextChoices):
    """`public.connection_status`; a block's requester is the blocker."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    BLOCKED = "blocked"


class RecommendationStatus(models.TextChoices):
    """`public.recommendation_status`."""

    GENERATED = "generated"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class AuthUser(models.Model):
    """Supabase Auth's account; only the columns the product reads, and written in local mode alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.CharField(max_length=255, null=True)  # noqa: DJ001 - the column is nullable
    phone = models.TextField(null=True)  # noqa: DJ001 - the column is nullable
    email_confirmed_at = models.DateTimeField(null=True)
    raw_user_meta_data = models.JSONField(null=True)
    raw_app_meta_data = models.JSONField(null=True)
    banned_until = models.DateTimeField(null=True)
    is_anonymous = models.BooleanField(default=False)
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    last_sign_in_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = '"auth"."users"'

    def __str__(self) -> str:
        return self.email or str(self.id)


class UserProfile(models.Model):
    """What a person tells of themself. Other tables refer to `user_id`, not to the profile's own id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField(unique=True)
    contact_info = models.JSONField(null=True)
    social_links = models.JSONField(null=True)
    attributes = models.JSONField(null=True)
    biography = models.JSONField(null=True)
    meta = models.JSONField(null=True)
    created_at = NaiveUTCDateTimeField(null=True, db_default=Now())
    updated_at = NaiveUTCDateTimeField(null=True, db_default=Now())
    is_admin = models.BooleanField(null=True, default=False)
    is_mod = models.BooleanField(null=True, default=False)
    account = models.ForeignObject(
        AuthUser, models.DO_NOTHING, from_fields=["user_id"], to_fields=["id"], related_name="profiles"
    )

    objects = UserProfileQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "user_profiles"

    def __str__(self) -> str:
        name = self.contact_info.get("name") if isinstance(self.contact_info, dict) else None
        return str(name or self.user_id)


class Enneagram(models.Model):
    """One of the nine personality types."""

    id = models.IntegerField(primary_key=True)
    type_number = models.SmallIntegerField(unique=True, validators=[MinValueValidator(1), MaxValueValidator(9)])
    name = models.TextField()
    description = models.TextField(null=True)  # noqa: DJ001 - the column is nullable
    attributes = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "enneagrams"

    def __str__(self) -> str:
        return f"{self.type_number} {self.name}"


class UserEnneagram(models.Model):
    """A person's choice of a type."""

    pk = models.CompositePrimaryKey("user_id", "enneagram_id")
    user = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="user_id", related_name="chosen_enneagrams"
    )
    enneagram = models.ForeignKey(Enneagram, models.DO_NOTHING, related_name="chosen_by")

    objects = UserEnneagramQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "user_enneagrams"

    def __str__(self) -> str:
        return f"{self.user_id} {self.enneagram_id}"


class UserConnection(models.Model):
    """How two people stand, from the one who asked to the one who was asked."""

    pk = models.CompositePrimaryKey("requester_id", "receiver_id")
    requester = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="requester_id", related_name="connections_sent"
    )
    receiver = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="receiver_id", related_name="connections_received"
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
        return f"{self.requester_id} {self.status} {self.receiver_id}"


class UserRecommendation(models.Model):
    """Somebody the product proposes to a person, and what they made of it."""

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
        unique_together = [("user", "recommended_user")]

    def __str__(self) -> str:
        return f"{self.recommended_user_id} for {self.user_id}"


class StaffUserManager(BaseUserManager["StaffUser"]):
    """Makes staff accounts; `createsuperuser` uses it."""

    def create_user(self, email: str, password: str | None = None, **values: Any) -> "StaffUser":
        """Store a staff account; without a password it signs in through Supabase alone."""
        user = self.model(email=self.normalize_email(email).lower(), **values)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> "StaffUser":
        """Store an account that may do everything in the admin."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **values})


class StaffUser(AbstractBaseUser, PermissionsMixin):
    """Somebody who works in the admin: a Supabase person with a role, or a local superuser."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=255, blank=True)
    supabase_user_id = models.UUIDField(null=True, blank=True, unique=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[StaffUserManager] = StaffUserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email


class Suspension(models.Model):
    """A person who may read but not write; read with every request (accounts/callers.py)."""

    user_id = models.UUIDField(primary_key=True)
    suspended_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: for good.")
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} until {self.until or 'further notice'}"
