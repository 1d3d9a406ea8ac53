"""Supabase access tokens, checked locally (docs/decisions/003-auth-verifier.md).

ES256 and RS256 against the project's published keys, HS256 against its legacy secret, both at once since keys rotate.
The header only chooses among the algorithms of the fixed list; key addresses in it are ignored.
Source of the claims: Supabase Auth, JWT claims reference.
"""

import threading
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings

from accounts.jwks import ALGORITHMS, KeySet, UnknownKeyError
from lifestring.errors import DomainError, ErrorCode

AUDIENCE = "authenticated"
ROLE = "authenticated"
API_KEY_ROLES = ("anon", "service_role")
LEEWAY_SECONDS = 10
# A token from the future says that our clock is slow. Refusing it would sign out everybody who has just signed in.
SLOW_SECONDS = 600
# A verified token is remembered this long, so that a revoked key is noticed soon; its own expiry always counts.
REMEMBERED_SECONDS = 60.0
REMEMBERED_TOKENS = 4096
MAX_TOKEN_LENGTH = 16 * 1024


@dataclass(frozen=True, slots=True)
class Claims:
    """What of a verified token the product uses.

    Args:
        user_id: whose it is.
        expires_at: Unix time in seconds.
        session_id: the sign-in it came from, None where the project leaves that out.
        issued_at: Unix time in seconds; 0 where the token does not say, whom staff mean, too, when they sign somebody out.
    """

    user_id: uuid.UUID
    expires_at: float
    session_id: uuid.UUID | None
    issued_at: float = 0.0


class TokenError(DomainError):
    """The token does not sign anybody in: 401 with the challenge of RFC 6750."""

    status = 401

    def __init__(self, message: str, code: ErrorCode) -> None:
        super().__init__(
            message, code=code, headers={"WWW-Authenticate": f'Bearer error="invalid_token", code="{code}"'}
        )


class TokenVerifier:
    """Checks tokens of one Supabase project.

    Args:
        keys: its published keys.
        secret: its legacy HS256 secret, "" where it has none.
        issuer: the `iss` its tokens carry.
    """

    def __init__(self, *, keys: KeySet, secret: str, issuer: str) -> None:
        self.keys = keys
        self.secret = secret
        self.issuer = issuer
        self._remembered: dict[str, tuple[float, Claims]] = {}
        self._lock = threading.Lock()

    def verify(self, token: str) -> Claims:
        """Return the claims of a valid token of a signed-in, non-anonymous user.

        Raises:
            TokenError: anything is wrong with it (401).
            UnavailableError: the keys cannot be had at all (503).
        """
        now = time.monotonic()
        if (known := self._remembered.get(token)) and known[0] > now:
            if time.time() < known[1].expires_at + LEEWAY_SECONDS:
                return known[1]
            raise TokenError("The access token has expired.", ErrorCode.TOKEN_EXPIRED)
        claims = _claims(self._decode(token))
        with self._lock:
            if len(self._remembered) >= REMEMBERED_TOKENS:
                self._remembered.clear()
            self._remembered[token] = (now + REMEMBERED_SECONDS, claims)
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_LENGTH:
            raise TokenError("The access token is not valid.", ErrorCode.TOKEN_INVALID)
        try:
            header = jwt.get_unverified_header(token)
            key, algorithm = self._key(header)
            payload: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=AUDIENCE,
                issuer=self.issuer,
                leeway=LEEWAY_SECONDS,
                # By `_issued_at` instead.
                options={"require": ["exp", "aud", "iss"], "verify_iat": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenError("The access token has expired.", ErrorCode.TOKEN_EXPIRED) from error
        except (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError, jwt.InvalidIssuerError) as error:
            raise _refused_claims(token) from error
        except (jwt.PyJWTError, UnknownKeyError, ValueError, RecursionError) as error:
            raise TokenError("The access token is not valid.", ErrorCode.TOKEN_INVALID) from error
        return payload

    def _key(self, header: dict[str, Any]) -> tuple[Any, str]:
        algorithm = header.get("alg")
        if algorithm == "HS256" and self.secret:
            return self.secret, "HS256"
        if isinstance(algorithm, str) and algorithm in ALGORITHMS and isinstance(header.get("kid"), str):
            return self.keys.key(header["kid"], algorithm), algorithm
        raise jwt.InvalidAlgorithmError("not one of the project's algorithms")


def _refused_claims(token: str) -> TokenError:
    """Name the common mistake, an API key used as a token; its role is only read to choose the sentence."""
    payload = jwt.decode(token, options={"verify_signature": False})
    if payload.get("role") in API_KEY_ROLES:
        return TokenError("An API key does not sign anybody in; send a user's access token.", ErrorCode.API_KEY)
    return TokenError("The access token is not for this service.", ErrorCode.TOKEN_INVALID)


def _claims(payload: dict[str, Any]) -> Claims:
    if payload.get("role") != ROLE:
        api_key = payload.get("role") in API_KEY_ROLES
        raise TokenError(
            "The access token is not a signed-in user's.", ErrorCode.API_KEY if api_key else ErrorCode.TOKEN_INVALID
        )
    if payload.get("is_anonymous") is True:
        raise TokenError("Anonymous users have to sign up first.", ErrorCode.ANONYMOUS_USER)
    try:
        user_id = uuid.UUID(payload["sub"])
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise TokenError("The access token names no user.", ErrorCode.TOKEN_INVALID) from error
    try:
        session_id = uuid.UUID(payload["session_id"])
    except (KeyError, ValueError, AttributeError, TypeError):
        session_id = None
    return Claims(user_id, float(payload["exp"]), session_id, _issued_at(payload))


def _issued_at(payload: dict[str, Any]) -> float:
    issued_at = payload.get("iat", 0)
    # Written so that what is no number at all, as JSON of Python's has it, is refused as well.
    if not isinstance(issued_at, int | float) or not issued_at <= time.time() + SLOW_SECONDS:
        raise TokenError("The access token is not valid.", ErrorCode.TOKEN_INVALID)
    return float(issued_at)


@lru_cache(maxsize=1)
def verifier() -> TokenVerifier:
    """Return the process's verifier, built from the settings."""
    return TokenVerifier(
        keys=KeySet(settings.SUPABASE_JWKS_URL, settings.SUPABASE_JWKS),
        secret=settings.SUPABASE_JWT_SECRET,
        issuer=settings.SUPABASE_JWT_ISSUER,
    )
