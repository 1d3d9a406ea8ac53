"""Access tokens as Supabase Auth issues them, and who a bearer token stands for.

Source of the claims: Supabase Auth, JWT claims reference.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import jwt
from django.conf import settings
from django.utils import timezone

from accounts.auth_gateway import AuthError
from accounts.local_auth.models import AuthAccount, AuthSession
from accounts.local_auth.users import AUDIENCE, ROLE, SessionJson, metadata, user_json
from accounts.tokens import TokenError, verifier
from lifestring.errors import ErrorCode
from lifestring.local.secrets import LocalSecrets

ACCESS_TOKEN_SECONDS = 3600
SERVICE_ROLES = frozenset({"service_role", "supabase_admin"})
_UNVERIFIED = "invalid JWT: unable to parse or verify signature"


@dataclass(frozen=True)
class Grant:
    """What a sign-in yields: the user, their session and the session's current refresh token."""

    user: AuthAccount
    session: AuthSession
    refresh_token: str


@dataclass(frozen=True)
class SignedIn:
    """Who a valid access token stands for."""

    user: AuthAccount
    session: AuthSession


def session_json(grant: Grant) -> SessionJson:
    """Render a session with a fresh access token."""
    issued_at = timezone.now()
    return {
        "access_token": _access_token(grant.user, grant.session, issued_at),
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "expires_at": int(issued_at.timestamp()) + ACCESS_TOKEN_SECONDS,
        "refresh_token": grant.refresh_token,
        "user": user_json(grant.user),
    }


def signed_in(bearer: str | None) -> SignedIn:
    """Return the user and session of an access token, which must still exist.

    Raises:
        AuthError: no token (401), or one that is invalid, signed out, of a banned or of a deleted user (403).
    """
    if not bearer:
        raise AuthError("This endpoint requires a valid Bearer token", code="no_authorization", status=401)
    try:
        claims = verifier().verify(bearer)
    except TokenError as error:
        raise _bad_token(error) from error
    user = AuthAccount.objects.filter(id=claims.user_id).first()
    if user is None:
        raise AuthError("User from sub claim in JWT does not exist", code="user_not_found", status=403)
    if is_banned(user):
        raise AuthError("User is banned", code="user_banned", status=403)
    session = _session(claims.session_id, claims.user_id)
    if session is None:
        message = "Session from session_id claim in JWT does not exist"
        raise AuthError(message, code="session_not_found", status=403)
    return SignedIn(user, session)


def require_service_key(bearer: str | None) -> None:
    """Let only the holder of the service key pass.

    Raises:
        AuthError: no key (401), a forged one or somebody else's token (403).
    """
    if not bearer:
        raise AuthError("This endpoint requires a valid Bearer token", code="no_authorization", status=401)
    try:
        claims = jwt.decode(bearer, settings.SUPABASE_JWT_SECRET, algorithms=["HS256"], options={"require": ["exp"]})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        try:
            verifier().verify(bearer)
        except TokenError as refusal:
            raise AuthError(_UNVERIFIED, code="bad_jwt", status=403) from refusal
        raise AuthError("User not allowed", code="not_admin", status=403) from error
    if claims.get("role") not in SERVICE_ROLES:
        raise AuthError("User not allowed", code="not_admin", status=403)


def is_banned(user: AuthAccount) -> bool:
    """Whether a ban is in force."""
    return user.banned_until is not None and user.banned_until > timezone.now()


def _access_token(user: AuthAccount, session: AuthSession, issued_at: datetime) -> str:
    secrets = signing_secrets()
    signed_in_at = session.created_at or issued_at
    claims = {
        "iss": settings.SUPABASE_JWT_ISSUER,
        "sub": str(user.id),
        "aud": AUDIENCE,
        "exp": int((issued_at + timedelta(seconds=ACCESS_TOKEN_SECONDS)).timestamp()),
        "iat": int(issued_at.timestamp()),
        "email": user.email or "",
        "phone": user.phone or "",
        "app_metadata": metadata(user.raw_app_meta_data),
        "user_metadata": metadata(user.raw_user_meta_data),
        "role": ROLE,
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": int(signed_in_at.timestamp())}],
        "session_id": str(session.id),
        "is_anonymous": bool(user.is_anonymous),
    }
    return jwt.encode(claims, secrets.jwt_signing_key_pem, algorithm="ES256", headers={"kid": secrets.jwt_kid})


def signing_secrets() -> LocalSecrets:
    """Return the keys of this local mode's data folder."""
    return _secrets(settings.CONFIG.data)


@lru_cache(maxsize=4)
def _secrets(data: Path) -> LocalSecrets:
    return LocalSecrets.read_or_create(data)


def _session(session_id: uuid.UUID | None, user_id: uuid.UUID) -> AuthSession | None:
    session = AuthSession.objects.filter(id=session_id, user_id=user_id).first()
    if session is None or (session.not_after is not None and session.not_after <= timezone.now()):
        return None
    return session


def _bad_token(error: TokenError) -> AuthError:
    messages = {
        ErrorCode.TOKEN_EXPIRED: f"{_UNVERIFIED}, token has invalid claims: token is expired",
        ErrorCode.API_KEY: "invalid claim: missing sub claim",
    }
    return AuthError(messages.get(ErrorCode(error.code), _UNVERIFIED), code="bad_jwt", status=403)
