"""What the admin asks about its own people."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import AuthUser, StaffUser, UserProfile
from accounts.services.profiles import JSON_COLUMNS
from accounts.standing import BANNED, SUSPENDED
from lifestring.expressions import TextKey


def has_second_factor(user: StaffUser) -> bool:
    """Whether somebody set one up."""
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def needs_second_factor(user: StaffUser) -> bool:
    """Whether a password alone does not let somebody in."""
    return bool(settings.ADMIN_REQUIRE_2FA) or has_second_factor(user)


def recovery_codes_left(user: StaffUser) -> int:
    """How many recovery codes were not used yet."""
    return int(StaticToken.objects.filter(device__user_id=user.pk).count())


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as staff see them; `columns` is the profile's JSON, as the database writes it."""

    user_id: uuid.UUID
    profile_id: uuid.UUID | None
    name: str
    email: str
    phone: str
    joined_at: datetime | None
    confirmed_at: datetime | None
    last_sign_in_at: datetime | None
    banned_until: datetime | None
    is_admin: bool
    is_mod: bool
    is_suspended: bool
    suspended_until: datetime | None
    is_erased: bool
    columns: Mapping[str, str | None]

    @property
    def has_profile(self) -> bool:
        """Whether there is a profile; an account may lack one, and a string outlive its author's."""
        return self.profile_id is not None


_PERSON = f"""
SELECT u.id, p.id, coalesce(p.contact_info ->> 'name', u.raw_user_meta_data ->> 'name', ''), coalesce(u.email, ''),
       coalesce(u.phone, ''), u.created_at, u.email_confirmed_at, u.last_sign_in_at,
       CASE WHEN {BANNED} THEN u.banned_until END, coalesce(p.is_admin, false), coalesce(p.is_mod, false),
       {SUSPENDED}, s.until, e.user_id IS NOT NULL OR u.deleted_at IS NOT NULL,
       {", ".join(f"p.{column}::text" for column in JSON_COLUMNS)}
  FROM auth.users u
  LEFT JOIN public.user_profiles p ON p.user_id = u.id
  LEFT JOIN django.accounts_suspension s ON s.user_id = u.id
  LEFT JOIN django.accounts_erasedaccount e ON e.user_id = u.id
 WHERE u.id = %s
"""  # noqa: S608 - constants


def person_of(user_id: uuid.UUID) -> Person | None:
    """Read somebody; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_PERSON, [user_id])
        row: Any = cursor.fetchone()
    if row is None:
        return None
    place = len(row) - len(JSON_COLUMNS)
    facts: list[Any] = [*row[:place], dict(zip(JSON_COLUMNS, row[place:], strict=True))]
    return Person(*facts)


def names_of(user_ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return the names of people; those without one are left out. One query."""
    found = UserProfile.objects.filter(user_id__in={user_id for user_id in user_ids if user_id is not None})
    named = found.annotate(name=TextKey("contact_info", "name")).values_list("user_id", "name")
    return {user_id: name for user_id, name in named if name}


def with_email(email: str) -> QuerySet[AuthUser]:
    """Accounts with this address, by Supabase's own index."""
    return AuthUser.objects.filter(email=email.strip().lower(), is_sso_user=False)
