"""The one door to whoever keeps the accounts: Supabase Auth over REST, or local mode's own stand-in.

Both sides answer with Supabase Auth's session object and refuse with its error codes, so nothing behind this door needs
to know which of them it is.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from lifestring.errors import DomainError, ErrorCode

Json = dict[str, Any]
Scope = Literal["global", "local", "others"]

_IMPLEMENTATIONS = {True: "accounts.local_auth.gateway.LocalAuth", False: "accounts.supabase_auth.SupabaseAuth"}

# Refusals that are about one field of a form; clients then find the message under `errors` as well.
_FIELD_OF_CODE = {
    "weak_password": "password",
    "same_password": "password",
    "user_already_exists": "email",
    "email_exists": "email",
    "email_address_invalid": "email",
    "email_address_not_authorized": "email",
}


class AuthError(DomainError):
    """Supabase Auth refused; `code` and `status` are its own (Supabase Auth, error codes).

    Args:
        message: its sentence.
        code: its stable error code.
        status: the HTTP status it answered with, 4xx.
        reasons: for `weak_password`, what is weak about it (`length`, `characters`, `pwned`).
        headers: response headers to pass on.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = ErrorCode.AUTH_REFUSED,
        status: int = 400,
        reasons: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        field = _FIELD_OF_CODE.get(code)
        errors = {field: [message]} if field is not None and status == 422 else None
        super().__init__(message, code=code, status=status, errors=errors, headers=headers)
        self.reasons = list(reasons)


class AuthGateway(Protocol):
    """What the product asks of the keeper of accounts.

    Every call raises AuthError when it is refused and UnavailableError (503 `auth_unavailable`) when nobody answers.
    """

    def sign_up(self, *, email: str, password: str, data: Json) -> Json:
        """Create an account, `data` its user_metadata; answers a session, or a user whose address must be confirmed."""

    def sign_in(self, *, email: str, password: str) -> Json:
        """Return a new session."""

    def refresh(self, *, refresh_token: str) -> Json:
        """Exchange a refresh token for the session's next one."""

    def sign_out(self, *, access_token: str | None, scope: Scope = "global") -> None:
        """End the token's session, its user's other sessions, or all of them."""

    def recover(self, *, email: str) -> None:
        """Have a mail with a recovery link sent; says nothing about whether the address is known."""

    def user(self, *, user_id: str) -> Json:
        """Return one account (needs the service key)."""

    def user_update(self, *, user_id: str, changes: Json) -> Json:
        """Change one account, e.g. `{"ban_duration": "24h"}` (needs the service key)."""

    def user_delete(self, *, user_id: str) -> None:
        """Delete one account for good (needs the service key)."""


def auth_gateway() -> AuthGateway:
    """Return the gateway this process talks to."""
    return _instance(local=settings.LOCAL_MODE)


@cache
def _instance(*, local: bool) -> AuthGateway:
    return cast(AuthGateway, import_string(_IMPLEMENTATIONS[local])())
