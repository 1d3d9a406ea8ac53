"""The fields of Supabase Auth's admin user calls, from JSON to what the services take."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.auth_gateway import AuthError
from accounts.local_auth.passwords import check_password, hash_password
from accounts.local_auth.services import UserChanges
from accounts.local_auth.wire import flag, metadata_field, normal_email, text

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d{1,18}(?:\.\d{0,18})?)(ns|us|µs|ms|s|m|h)")
_DURATION = re.compile(rf"(?:{_PART.pattern}){{1,8}}\Z")
# The most that Go's duration, 64 bits of nanoseconds, can hold: some 292 years.
_LONGEST_SECONDS = 2**63 / 1e9


def admin_changes(body: dict[str, Any]) -> UserChanges:
    """Return what an admin call asks for.

    Raises:
        AuthError: a field breaks a rule (400 or 422), or asks for what local mode does not have.
    """
    if text(body, "phone"):
        raise AuthError("Phone signups are disabled", code="phone_provider_disabled")
    changes: UserChanges = {}
    if email := text(body, "email"):
        changes["email"] = normal_email(email)
    if password := text(body, "password"):
        check_password(password)
        changes["password_hash"] = hash_password(password)
    if (user_metadata := metadata_field(body, "user_metadata")) is not None:
        changes["user_metadata"] = user_metadata
    if (app_metadata := metadata_field(body, "app_metadata")) is not None:
        changes["app_metadata"] = app_metadata
    if flag(body, "email_confirm"):
        changes["email_confirmed"] = True
    if ban := text(body, "ban_duration"):
        changes["banned_until"] = _banned_until(ban)
    return changes


def _banned_until(duration: str) -> datetime | None:
    """Return the end of a ban given as `none` or as a Go duration such as `1h30m`; nothing and zero lift it."""
    if duration in {"none", "0"}:
        return None
    if not _DURATION.match(duration):
        raise _bad_duration()
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))
    if seconds >= _LONGEST_SECONDS:
        raise _bad_duration()
    return timezone.now() + timedelta(seconds=seconds) if seconds else None


def _bad_duration() -> AuthError:
    return AuthError("invalid format for ban duration", code="validation_failed")
