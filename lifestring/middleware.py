"""What surrounds every request: its id and log line; and the admin's own layers, only where the admin is."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import quote

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django_otp.middleware import OTPMiddleware

from lifestring.context import set_request_id

logger = logging.getLogger("lifestring.access")
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")

# No script or style within a page, and nothing from elsewhere: what somebody wrote in a profile or message stays text.
ADMIN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestContextMiddleware:
    """Give each request an id, answer with it, log one line, and accept API paths with a trailing slash."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request; a client's own `X-Request-Id` is kept when it is sane."""
        started = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SANE_ID.match(given) else uuid.uuid4().hex
        set_request_id(request_id)
        path = request.path_info
        if path.endswith("/") and not path.startswith("/admin/") and len(path) > 1:
            request.path_info = path.rstrip("/") or "/"
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        if logger.isEnabledFor(logging.INFO):
            elapsed = (time.perf_counter() - started) * 1000
            # Quoted, since a decoded path may hold line breaks and write log lines of its own.
            logger.info("%s %s %d %.1fms", request.method, quote(path), response.status_code, elapsed)
        return response


class _AdminOnly:
    """Mixed into Django's own middleware so that it works below /admin/ and steps aside elsewhere."""

    get_response: GetResponse

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/admin/"):
            return super().__call__(request)  # type: ignore[misc,no-any-return]
        return self.get_response(request)


class AdminSessionMiddleware(_AdminOnly, SessionMiddleware):  # type: ignore[misc]
    """Sessions for staff."""


class AdminCsrfMiddleware(_AdminOnly, CsrfViewMiddleware):  # type: ignore[misc]
    """CSRF where cookies sign people in; the API knows only bearer tokens."""

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[object, ...],
        callback_kwargs: dict[str, object],
    ) -> HttpResponseForbidden | None:
        """Check admin requests; Django calls this hook apart from `__call__`."""
        if not request.path_info.startswith("/admin/"):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


class AdminAuthenticationMiddleware(_AdminOnly, AuthenticationMiddleware):  # type: ignore[misc]
    """request.user for staff."""


class AdminSecondFactorMiddleware(_AdminOnly, OTPMiddleware):  # type: ignore[misc]
    """request.user.otp_device, by which staff proved themselves in this session."""


class AdminMessageMiddleware(_AdminOnly, MessageMiddleware):  # type: ignore[misc]
    """The admin's notices."""


class AdminFrameOptionsMiddleware(_AdminOnly, XFrameOptionsMiddleware):  # type: ignore[misc]
    """No framing of the admin."""


class AdminPolicyMiddleware:
    """Tell browsers that the admin's pages run and load nothing that is not this service's own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response["Content-Security-Policy"] = ADMIN_POLICY
        return response
