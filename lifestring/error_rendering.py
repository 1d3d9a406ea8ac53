"""How errors become HTTP answers, for DRF's views and for everything around them (docs/api.md, Errors)."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from lifestring.admin_errors import error_page, is_admin_page
from lifestring.errors import (
    ConflictError,
    DomainError,
    ErrorCode,
    ForbiddenError,
    NotFoundError,
    UnavailableError,
    ValidationFailedError,
    error_body,
    flatten_errors,
)
from lifestring.rendering import dumps
from lifestring.telemetry.logs import told

logger = logging.getLogger(__name__)


def error_response(error: DomainError) -> HttpResponse:
    """Render an error outside DRF: unknown URLs, middleware, the last resort."""
    return HttpResponse(
        dumps(error_body(error)), status=error.status, content_type="application/json", headers=error.headers
    )


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: turn any exception of a view into the one error shape.

    Returns None for what nobody foresaw, which Django then logs and answers through `server_error`.
    """
    error = as_domain_error(exc)
    if error is None:
        return None
    set_rollback()
    return Response(error_body(error), status=error.status, headers=error.headers)


def as_domain_error(exc: Exception) -> DomainError | None:
    """Map what Django, DRF and the driver raise to a DomainError, or None where it is a bug of ours."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, drf.ValidationError):
        return ValidationFailedError(flatten_errors(exc.detail))
    if isinstance(exc, Http404):
        return NotFoundError()
    if isinstance(exc, PermissionDenied | drf.PermissionDenied):
        return ForbiddenError()
    if isinstance(exc, drf.APIException):
        return _from_drf(exc)
    if isinstance(exc, DataError):
        # The last net for a value no validator foresaw (a number beyond its column); the fields' own checks come first.
        logger.warning("the database refused a value: %s", type(exc.__cause__).__name__)
        return ValidationFailedError({"body": ["A value is out of range."]})
    if isinstance(exc, IntegrityError) and isinstance(exc.__cause__, ForeignKeyViolation | UniqueViolation):
        # Another client deleted or wrote what this row meets, after our own checks had looked.
        logger.warning("the database refused a row: %s", told(exc))
        return ConflictError("Something this depends on has just changed; try again.")
    if isinstance(exc, OperationalError | PoolTimeout):
        # What follows the first line may tell of rows.
        logger.error("the database is not available: %s", str(exc).partition("\n")[0])
        return UnavailableError(headers={"Retry-After": "1"})
    return None


def error_or_fault(exc: Exception) -> DomainError:
    """Map an exception outside of Django's request path to what clients are told; the log has a bug of ours."""
    error = as_domain_error(exc)
    if error is None:
        logger.error("Internal Server Error", exc_info=exc)
        error = _fault()
    return error


def _fault() -> DomainError:
    return DomainError("Something went wrong on our side.", code=ErrorCode.SERVER_ERROR, status=500)


def _from_drf(exc: drf.APIException) -> DomainError:
    codes: dict[type[drf.APIException], ErrorCode] = {
        drf.NotAuthenticated: ErrorCode.NOT_AUTHENTICATED,
        drf.AuthenticationFailed: ErrorCode.TOKEN_INVALID,
        drf.ParseError: ErrorCode.MALFORMED_JSON,
        drf.MethodNotAllowed: ErrorCode.METHOD_NOT_ALLOWED,
        drf.UnsupportedMediaType: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        drf.NotFound: ErrorCode.NOT_FOUND,
        drf.Throttled: ErrorCode.RATE_LIMITED,
    }
    unnamed = ErrorCode.SERVER_ERROR if exc.status_code >= 500 else ErrorCode.BAD_REQUEST
    code = next((value for kind, value in codes.items() if isinstance(exc, kind)), unnamed)
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    return DomainError(str(exc.detail), code=code, status=exc.status_code, headers=headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a Host that is not ours, a request Django refuses to parse."""
    return _answer(request, DomainError("The request is malformed."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return _answer(request, ForbiddenError())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: no route has this URL."""
    return _answer(request, NotFoundError("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: a bug of ours; the log has the story under the same request id."""
    return _answer(request, _fault())


def _answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    """For people a page, for programs JSON."""
    return error_page(request, error.status) if is_admin_page(request) else error_response(error)
