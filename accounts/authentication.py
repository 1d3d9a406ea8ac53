"""From `Authorization: Bearer` to the caller, in one query (docs/api.md, Conventions)."""

import uuid
from typing import Any, cast

from django.db import connection
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.assistant import assistant_id, is_assistant
from accounts.callers import Caller
from accounts.services import profile_ensure
from accounts.standing import BANNED, SUSPENDED
from accounts.tokens import Claims, TokenError, verifier
from lifestring.errors import DomainError, ErrorCode, SuspendedError

# One statement: the account, its profile, a suspension, a Supabase ban, both sides of every block, and whether the sign-in
# the token came from is over: signed out by the person, or by staff since it was issued. An account that Supabase deleted
# softly, or whose person was erased, is none any more.
# search_path is not relied on for Supabase's tables, so that a misconfigured pooler cannot point it elsewhere.
_LOAD = f"""
SELECT {BANNED}, p.id, p.is_admin, p.is_mod, {SUSPENDED},
       ARRAY(SELECT receiver_id FROM public.user_connections WHERE requester_id = u.id AND status = 'blocked'),
       ARRAY(SELECT requester_id FROM public.user_connections WHERE receiver_id = u.id AND status = 'blocked'),
       coalesce(o.at > to_timestamp(%(issued)s::float8), false) OR (%(session)s::uuid IS NOT NULL AND NOT EXISTS (
           SELECT FROM auth.sessions x
            WHERE x.id = %(session)s AND x.user_id = u.id AND (x.not_after IS NULL OR x.not_after > now())))
  FROM auth.users u
  LEFT JOIN public.user_profiles p ON p.user_id = u.id
  LEFT JOIN django.accounts_suspension s ON s.user_id = u.id
  LEFT JOIN django.accounts_signedout o ON o.user_id = u.id
 WHERE u.id = %(user)s AND u.deleted_at IS NULL
   AND NOT EXISTS (SELECT FROM django.accounts_erasedaccount e WHERE e.user_id = u.id)
"""  # noqa: S608 - constants


class SupabaseAuthentication(JWTAuthentication):
    """simplejwt's header handling and challenge over our own verifier.

    One simplejwt backend knows one algorithm and expects claims Supabase does not send, so only its outside is used.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.media_type = "application/json"

    def authenticate(self, request: Request) -> tuple[Caller, Claims] | None:  # type: ignore[override]
        """Return the caller and the token's claims, or None without an Authorization header.

        Raises:
            TokenError: a header that does not sign anybody in.
        """
        header = cast("bytes | None", self.get_header(request))
        if header is None:
            return None
        scheme, _, raw = header.partition(b" ")
        if scheme.lower() != b"bearer" or not raw.strip() or b" " in raw.strip():
            raise TokenError("The Authorization header must be `Bearer <access token>`.", ErrorCode.TOKEN_INVALID)
        claims = verifier().verify(raw.strip().decode("latin-1"))
        return load_caller_of(claims), claims


def load_caller_of(claims: Claims) -> Caller:
    """Read the caller of a verified token.

    Raises:
        TokenError: the sign-in it came from is over (401).
        TokenError, DomainError: as `load_caller`.
    """
    return load_caller(claims.user_id, claims=claims)


def load_caller(user_id: uuid.UUID, *, claims: Claims | None = None) -> Caller:
    """Read the caller; an account without a profile gets one, once, also under concurrency.

    Args:
        user_id: who.
        claims: of the token that says so, None where none does.

    Raises:
        TokenError: there is no such account, or it is deleted or about to be, or the sign-in is over (401).
        DomainError: Supabase has banned it, or it is the assistant's (403).
    """
    if is_assistant(user_id):
        raise DomainError("Nobody signs in as the assistant.", code=ErrorCode.BANNED, status=403)
    row = _read(user_id, claims)
    if row is not None and row[0]:
        raise DomainError("This account is banned.", code=ErrorCode.BANNED, status=403)
    if row is not None and row[-1]:
        # What clients answer with a refresh, which the ended session refuses: they ask for the password.
        raise TokenError("This session was ended; sign in again.", ErrorCode.TOKEN_EXPIRED)
    if row is not None and row[1] is None:
        profile_ensure(user_id=user_id)
        row = _read(user_id, claims)
    if row is None or row[1] is None:
        raise TokenError("This account does not exist any more.", ErrorCode.USER_NOT_FOUND)
    _, profile_id, is_admin, is_mod, suspended, blocked, blocked_by, _ = row
    return Caller(
        user_id=user_id,
        profile_id=cast(uuid.UUID, profile_id),
        is_admin=bool(is_admin),
        is_mod=bool(is_mod),
        is_suspended=bool(suspended),
        blocked_ids=frozenset(cast("list[uuid.UUID]", blocked)),
        blocked_by_ids=frozenset(cast("list[uuid.UUID]", blocked_by)),
        unlisted_ids=frozenset({assistant} if (assistant := assistant_id()) else ()),
        token_expires_at=0.0 if claims is None else claims.expires_at,
    )


def load_active_caller(user_id: uuid.UUID) -> Caller:
    """Read a caller who is about to write.

    Raises:
        SuspendedError: they are suspended.
        TokenError, DomainError: as `load_caller`.
    """
    caller = load_caller(user_id)
    if caller.is_suspended:
        raise SuspendedError
    return caller


def _read(user_id: uuid.UUID, claims: Claims | None) -> tuple[object, ...] | None:
    issued, session = (None, None) if claims is None else (claims.issued_at, claims.session_id)
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, {"user": user_id, "issued": issued, "session": session})
        return cast("tuple[object, ...] | None", cursor.fetchone())
