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
from django.middleware.csrf import CsrfViewMiddleware
from django_otp.middleware import OTPMiddleware
from opentelemetry.trace import Span, SpanKind

from lifestring.admin_errors import with_page
from lifestring.context import set_request_id
from lifestring.later import LaterResponse
from lifestring.telemetry import tracing
from lifestring.telemetry.metrics import request_of
from lifestring.telemetry.statements import Statements, count_statements

logger = logging.getLogger("lifestring.access")
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "none"
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
        statements = count_statements()
        path = request.path_info
        if path.endswith("/") and not path.startswith("/admin/") and len(path) > 1:
            request.path_info = path.rstrip("/") or "/"
        with tracing.span(str(request.method), SpanKind.SERVER, carrier=request.headers) as span:
            response = self.get_response(request)
            if tracing.is_on():
                _tell(span, request, response.status_code)
        response["X-Request-Id"] = request_id

        def note() -> None:
            _note(request, path, response.status_code, time.perf_counter() - started, statements)

        if isinstance(response, LaterResponse):
            response.when_done(note)
        else:
            note()
        return response


def _tell(span: Span, request: HttpRequest, status: int) -> None:
    route = UNMATCHED if request.resolver_match is None else request.resolver_match.route
    span.update_name(f"{request.method} {route}")
    span.set_attributes({"http.route": route, "http.response.status_code": status})


def _note(request: HttpRequest, path: str, status: int, seconds: float, statements: Statements) -> None:
    """Count the request and log its line: what was asked and what came of it, nothing that was said."""
    match = request.resolver_match
    method = request.method if request.method in METHODS else "other"
    route = UNMATCHED if match is None else match.route
    timer, queries = request_of(str(method), route, status)
    timer.observe(seconds)
    queries.inc(statements.count)
    if logger.isEnabledFor(logging.INFO):
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "queries": statements.count,
            "database_ms": round(statements.seconds * 1000, 1),
            "user_id": getattr(getattr(request, "user", None), "user_id", None),
        }
        # Quoted, since a decoded path may hold line breaks and write log lines of its own.
        message, values = "%s %s %d %.1fms", (request.method, quote(path), status, seconds * 1000)
        # Made by hand: `logger.info` would look up from which line of the source it is called, each time.
        record = logging.LogRecord(logger.name, logging.INFO, __file__, 0, message, values, None)
        record.fields = fields
        logger.handle(record)


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


class AdminPolicyMiddleware:
    """Tell browsers that the admin's pages run and load nothing that is not this service's own; none of them is blank."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response = with_page(request, response)
            response["Content-Security-Policy"] = ADMIN_POLICY
        return response
