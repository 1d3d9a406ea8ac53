"""Who is calling: the few columns every request needs, in one query (docs/decisions/003-auth-verifier.md)."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db import connection
from django.utils import timezone
from rest_framework.request import Request

from accounts.services.profiles import profile_ensure
from accounts.tokens import TokenError
from lifestring.errors import DomainError, ErrorCode

# One statement: the account, its profile, a suspension, a Supabase ban, and both sides of every block.
# search_path is not relied on for Supabase's tables, so that a misconfigured pooler cannot point it elsewhere.
_LOAD = """
SELECT u.banned_until, p.id, p.is_admin, p.is_mod, s.user_id IS NOT NULL AND (s.until IS NULL OR s.until > now()),
       ARRAY(SELECT receiver_id FROM public.user_connections WHERE requester_id = u.id AND status = 'blocked'),
       ARRAY(SELECT requester_id FROM public.user_connections WHERE receiver_id = u.id AND status = 'blocked')
  FROM auth.users u
  LEFT JOIN public.user_profiles p ON p.user_id = u.id
  LEFT JOIN django.accounts_suspension s ON s.user_id = u.id
 WHERE u.id = %s
"""

@dataclass(frozen=True, slots=True)
class Caller:
    """The signed-in person a request acts for.

    Args:
        user_id: the auth.users id, which every table refers to.
        profile_id: the profile's own id.
        blocked_ids: people the caller blocked.
        blocked_by_ids: people who blocked the caller, who must never learn of it.
        token_expires_at: Unix time in seconds.
    """

    user_id: uuid.UUID
    profile_id: uuid.UUID
    is_admin: bool = False
    is_mod: bool = False
    is_suspended: bool = False
    blocked_ids: frozenset[uuid.UUID] = frozenset()
    blocked_by_ids: frozenset[uuid.UUID] = frozenset()
    token_expires_at: float = 0.0

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def pk(self) -> uuid.UUID:
        """The user id, as DRF and logging expect it."""
        return self.user_id

    @property
    def is_staff_member(self) -> bool:
        """Whether the caller may moderate."""
        return self.is_admin or self.is_mod

    @property
    def hidden_ids(self) -> frozenset[uuid.UUID]:
        """People who must not appear to the caller, nor the caller to them."""
        return self.blocked_ids | self.blocked_by_ids


def caller_of(request: Request) -> Caller:
    """Return the request's authenticated caller."""
    return cast(Caller, request.user)


def load_caller(user_id: uuid.UUID, *, token_expires_at: float = 0.0) -> Caller:
    """Read the caller; an account without a profile gets one, once, also under concurrency.

    Raises:
        TokenError: there is no such account (401).
        DomainError: Supabase has banned it (403).
    """
    row = _read(user_id)
    if row is not None and row[1] is None:
        profile_ensure(user_id=user_id)
        row = _read(user_id)
    if row is None or row[1] is None:
        raise TokenError("This account does not exist any more.", ErrorCode.USER_NOT_FOUND)
    banned_until, profile_id, is_admin, is_mod, suspended, blocked, blocked_by = row
    if banned_until is not None and cast(datetime, banned_until) > timezone.now():
        raise DomainError("This account is banned.", code=ErrorCode.BANNED, status=403)
    return Caller(
        user_id=user_id,
        profile_id=cast(uuid.UUID, profile_id),
        is_admin=bool(is_admin),
        is_mod=bool(is_mod),
        is_suspended=bool(suspended),
        blocked_ids=frozenset(cast("list[uuid.UUID]", blocked)),
        blocked_by_ids=frozenset(cast("list[uuid.UUID]", blocked_by)),
        token_expires_at=token_expires_at,
    )


def _read(user_id: uuid.UUID) -> tuple[object, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [user_id])
        return cast("tuple[object, ...] | None", cursor.fetchone())
