"""Supabase Auth over REST, for production.

It is another service: every call has a deadline, answers are bounded and distrusted, and nothing is tried twice, since
a sign-up or a refresh that was heard but not answered must not be repeated blindly.
"""

import logging
import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx2
from django.conf import settings
from rest_framework.exceptions import ParseError

from accounts.auth_gateway import AuthError, Json, Scope
from lifestring.errors import ErrorCode, UnavailableError, ValidationFailedError
from lifestring.parsing import StrictJSONParser

logger = logging.getLogger(__name__)

API_VERSION = "2024-01-01"
MAX_ANSWER_BYTES = 1024 * 1024
MAX_MESSAGE_LENGTH = 500
RETRY_SECONDS = "60"


class SupabaseAuth:
    """The AuthGateway of a Supabase project (accounts/auth_gateway.py has the contract of its methods)."""

    def __init__(self) -> None:
        self._client = httpx2.Client(follow_redirects=False)

    def close(self) -> None:
        """Close the connections it keeps."""
        self._client.close()

    def sign_up(self, *, email: str, password: str, data: Json) -> Json:
        """Create an account."""
        return self._call("POST", "signup", body={"email": email, "password": password, "data": data})

    def sign_in(self, *, email: str, password: str) -> Json:
        """Start a session."""
        return self._call("POST", "token?grant_type=password", body={"email": email, "password": password})

    def refresh(self, *, refresh_token: str) -> Json:
        """Exchange a refresh token."""
        return self._call("POST", "token?grant_type=refresh_token", body={"refresh_token": refresh_token})

    def sign_out(self, *, access_token: str | None, scope: Scope = "global") -> None:
        """End sessions."""
        self._call("POST", f"logout?scope={scope}", bearer=access_token)

    def recover(self, *, email: str) -> None:
        """Have a recovery mail sent."""
        self._call("POST", "recover", body={"email": email})

    def user(self, *, user_id: str) -> Json:
        """Return one account."""
        return self._call_as_service("GET", user_id)

    def user_update(self, *, user_id: str, changes: Json) -> Json:
        """Change one account."""
        return self._call_as_service("PUT", user_id, body=changes)

    def user_delete(self, *, user_id: str) -> None:
        """Delete one account for good."""
        self._call_as_service("DELETE", user_id, body={"should_soft_delete": False})

    def _call_as_service(self, method: str, user_id: str, *, body: Json | None = None) -> Json:
        key = settings.SUPABASE_SERVICE_KEY
        if not key:
            raise _unavailable("SUPABASE_SERVICE_KEY is not set")
        try:
            return self._call(method, f"admin/users/{quote(user_id, safe='')}", body=body, bearer=key, key=key)
        except AuthError as error:
            if error.status in {401, 403}:
                raise _unavailable(f"SUPABASE_SERVICE_KEY is refused ({error.code})") from error
            raise

    def _call(
        self, method: str, path: str, *, body: Json | None = None, bearer: str | None = None, key: str | None = None
    ) -> Json:
        headers = {"apikey": key or settings.SUPABASE_ANON_KEY, "X-Supabase-Api-Version": API_VERSION}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        deadline = time.monotonic() + settings.SUPABASE_TIMEOUT
        url = f"{settings.SUPABASE_URL}/auth/v1/{path}"
        try:
            with self._client.stream(
                method, url, json=body, headers=headers, timeout=settings.SUPABASE_TIMEOUT
            ) as response:
                content = _read(response, deadline)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise _unavailable(type(error).__name__) from error
        return _interpret(response.status_code, response.headers, content)


def _read(response: httpx2.Response, deadline: float) -> bytes:
    """Return the whole body; the transport's own timeout only covers the wait for each piece of it."""
    content = b""
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise _unavailable("the answer is too large")
        if time.monotonic() > deadline:
            raise _unavailable("the answer takes too long")
    return content


def _interpret(status: int, headers: Mapping[str, str], content: bytes) -> Json:
    """Return the answer's object, or raise what a refusal means."""
    if not 200 <= status < 300 and not 400 <= status < 500:
        raise _unavailable(f"status {status}")
    if not content.strip() and status < 300:
        return {}
    try:
        answer = StrictJSONParser().parse(BytesIO(content))
    except (ParseError, ValidationFailedError) as error:
        raise _unavailable(f"status {status}, and no JSON") from error
    if not isinstance(answer, dict):
        raise _unavailable(f"status {status}, and no JSON object")
    if status < 300:
        return answer
    raise _refusal(status, headers, answer)


def _refusal(status: int, headers: Mapping[str, str], answer: Json) -> AuthError | UnavailableError:
    code = _first_text(answer, "code", "error_code")
    message = _first_text(answer, "message", "msg", "error_description", "error") or "The request was refused."
    if code is None and status in {401, 403}:
        # Supabase Auth names a code; without one it was the project's front door, which looks at the API key alone.
        return _unavailable("SUPABASE_ANON_KEY or SUPABASE_SERVICE_KEY is refused")
    weak = answer.get("weak_password")
    reasons = weak.get("reasons") if isinstance(weak, dict) else None
    return AuthError(
        message[:MAX_MESSAGE_LENGTH],
        code=code or ErrorCode.AUTH_REFUSED,
        status=status,
        reasons=[str(reason) for reason in reasons] if isinstance(reasons, list) else (),
        headers={"Retry-After": _retry_after(headers)} if status == 429 else None,
    )


def _first_text(answer: Json, *names: str) -> str | None:
    values: list[Any] = [answer.get(name) for name in names]
    return next((value for value in values if isinstance(value, str) and value), None)


def _retry_after(headers: Mapping[str, str]) -> str:
    given = headers.get("Retry-After", "")
    return given if given.isascii() and given.isdigit() and len(given) < 6 else RETRY_SECONDS


def _unavailable(reason: str) -> UnavailableError:
    logger.error("Supabase Auth: %s", reason)
    message = "Signing in and up is not possible right now; try again shortly."
    return UnavailableError(message, code=ErrorCode.AUTH_UNAVAILABLE, headers={"Retry-After": "5"})
