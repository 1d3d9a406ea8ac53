"""The DRF class behind `Authorization: Bearer` (docs/api.md, Conventions)."""

from typing import Any

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.callers import Caller, load_caller
from accounts.tokens import Claims, TokenError, verifier
from lifestring.errors import ErrorCode


class SupabaseAuthentication(JWTAuthentication):  # type: ignore[misc]
    """simplejwt's header handling and challenge over our own verifier.

    One simplejwt backend knows one algorithm and expects claims Supabase does not send, so only its outside is used.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.media_type = "application/json"

    def authenticate(self, request: Request) -> tuple[Caller, Claims] | None:
        """Return the caller and the token's claims, or None without an Authorization header.

        Raises:
            TokenError: a header that does not sign anybody in.
        """
        header = self.get_header(request)
        if header is None:
            return None
        scheme, _, raw = header.partition(b" ")
        if scheme.lower() != b"bearer" or not raw.strip() or b" " in raw.strip():
            raise TokenError("The Authorization header must be `Bearer <access token>`.", ErrorCode.TOKEN_INVALID)
        claims = verifier().verify(raw.strip().decode("latin-1"))
        return load_caller(claims.user_id, token_expires_at=claims.expires_at), claims
