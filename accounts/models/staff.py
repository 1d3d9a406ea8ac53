"""Tables of our own, in the schema `django`: who may enter the admin, who is suspended, whose account is to go."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property


class StaffUserManager(BaseUserManager["StaffUser"]):
    """Creates staff; e-mail addresses are kept in lower case, as Supabase Auth keeps them."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "StaffUser":
        """Store and return a user; without a password they can sign in through Supabase only.

        Raises:
            ValueError: the address is empty.
        """
        if not email or not email.strip():
            raise ValueError("A staff user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "StaffUser":
        """Store and return a user with every right."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "StaffUser":
        """Find a user by e-mail, however it is capitalised."""
        return self.get(email=(username or "").strip().lower())


class StaffUser(AbstractBaseUser, PermissionsMixin):
    """Who may enter the admin: a moderator or admin of Lifestring, or an operator made by `createsuperuser`.

    `supabase_user_id` is the account that signs in here; empty for an operator who has a password of their own.
    """

    email = models.EmailField(unique=True)
    supabase_user_id = models.UUIDField(null=True, blank=True, unique=True)
    name = models.CharField(max_length=255, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[StaffUserManager] = StaffUserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email

    def get_session_auth_hash(self) -> str:
        """Return what a session is held against with every request; signing somebody out everywhere changes it."""
        known = super().get_session_auth_hash()
        at = self.signed_out_at
        return known if at is None else salted_hmac("staff.signed_out", f"{known}{at.isoformat()}").hexdigest()

    @cached_property
    def signed_out_at(self) -> datetime | None:
        """When staff last signed this person out everywhere; set by who reads it along with the rest."""
        if self.supabase_user_id is None:
            return None
        return SignedOut.objects.filter(user_id=self.supabase_user_id).values_list("at", flat=True).first()

    def get_full_name(self) -> str:
        """Return the name, or the address of a nameless user."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return what the admin greets the user with."""
        return self.name or self.email


class Suspension(models.Model):
    """A person who may read but not write; the row's absence, or an `until` in the past, is the end of it.

    `user_id` is an auth.users id without a foreign key: nothing of ours constrains Supabase's tables. `banned_until` is what
    we had Supabase ban the account until, so that such a ban is told from others, and is the only one we lift.
    """

    user_id = models.UUIDField(primary_key=True)
    suspended_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: for good.")
    reason = models.TextField(blank=True)
    banned_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} until {self.until or 'further notice'}"


class ErasedAccount(models.Model):
    """Somebody who was erased and whose Supabase account is still to be deleted; until then it signs nobody in.

    `user_id` is an auth.users id without a foreign key, as above; the row goes when that account has gone.
    """

    user_id = models.UUIDField(primary_key=True)
    erased_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id} since {self.erased_at}"


class SignedOut(models.Model):
    """Somebody whom staff signed out of every session: what was issued to them before `at` signs nobody in."""

    user_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.user_id} at {self.at}"


class SignInOutcome(models.TextChoices):
    """How an attempt to enter the admin went, and what else happens to somebody's way in."""

    REFUSED = "refused", "Refused"
    LOCKED_OUT = "locked_out", "Locked out"
    ACCEPTED = "accepted", "Password accepted"
    CODE = "code", "Code accepted"
    WRONG_CODE = "wrong_code", "Wrong code"
    SET_UP = "set_up", "Second factor set up"
    RENEWED = "renewed", "New recovery codes"
    TAKEN_AWAY = "taken_away", "Second factor taken away"
    SIGNED_OUT = "signed_out", "Signed out"


class StaffSignIn(models.Model):
    """One attempt to enter the admin, or one step of it.

    `email` is what was typed, whoever has that address; a password's attempt is written down as refused before the
    password is looked at, so that attempts side by side count one another.
    """

    at = models.DateTimeField(db_default=Now())
    email = models.CharField(max_length=254)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200)
    outcome = models.CharField(max_length=16, choices=SignInOutcome.choices)

    class Meta:
        verbose_name = "sign-in"
        indexes = [
            models.Index(fields=["email", "at"], name="signin_email_at"),
            models.Index(fields=["ip", "at"], name="signin_ip_at"),
            models.Index(fields=["at", "id"], name="signin_at"),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.outcome}"
