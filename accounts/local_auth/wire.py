"""Supabase Auth's manners on the wire: JSON bodies in, both of its error forms out.

A client that sends `X-Supabase-Api-Version: 2024-01-01` or later gets {"code", "message"} and the version echoed,
others get {"code", "error_code", "msg"}. Source: Supabase Auth, API versioning and error codes.
"""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.validators import validate_email
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.serializers import ValidationError as FieldError

from accounts.auth_gateway import AuthError
from lifestring.bearer import bearer_token
from lifestring.error_rendering import as_domain_error
from lifestring.errors import DomainError, ErrorCode
from lifestring.json_fields import JSONObjectField
from lifestring.parsing import StrictJSONParser
from lifestring.rendering import dumps

VERSION_HEADER = "X-Supabase-Api-Version"
VERSION = "2024-01-01"
MAX_EMAIL_LENGTH = 255

Handler = Callable[..., HttpResponse]
# Our own codes where Supabase Auth has a name for the same thing.
_CODES = {
    ErrorCode.MALFORMED_JSON: "bad_json",
    ErrorCode.VALIDATION_FAILED: "validation_failed",
    ErrorCode.AUTH_UNAVAILABLE: "unexpected_failure",
    ErrorCode.UNAVAILABLE: "unexpected_failure",
}


def endpoint(**handlers: Handler) -> Callable[..., HttpResponse]:
    """Return a view that calls the handler of the request's method (`endpoint(GET=…, PUT=…)`)."""

    @csrf_exempt
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        handler = handlers.get(request.method or "")
        try:
            if handler is None:
                raise AuthError("Method not allowed", code="method_not_allowed", status=405)
            response = handler(request, **kwargs)
        except RequestDataTooBig:
            response = _refusal(request, AuthError("Request body too large", code="request_too_large", status=413))
        except Exception as error:
            refusal = as_domain_error(error)
            if refusal is None:
                raise
            response = _refusal(request, refusal)
        if _wants_codes(request):
            response[VERSION_HEADER] = VERSION
        return response

    return view


def answer(data: Any, status: int = 200) -> HttpResponse:
    """Answer JSON."""
    return HttpResponse(dumps(data), status=status, content_type="application/json")


def not_found(_request: HttpRequest) -> HttpResponse:
    """Answer an address that local mode does not have, whatever the method."""
    raise AuthError("404 page not found", code="not_found", status=404)


def bearer(request: HttpRequest) -> str | None:
    """Return the bearer token, None without one."""
    return bearer_token(request.headers.get("Authorization", ""))


def read_body(request: HttpRequest) -> dict[str, Any]:
    """Return the body's JSON object; an empty body is an empty object.

    Raises:
        ParseError, ValidationFailedError: as StrictJSONParser.
        AuthError: it is JSON, but no object (400 `bad_json`).
    """
    raw = request.body
    body = StrictJSONParser().parse(BytesIO(raw)) if raw.strip() else {}
    if not isinstance(body, dict):
        raise AuthError("Could not parse request body as JSON: an object is expected", code="bad_json")
    return body


def text(body: dict[str, Any], name: str) -> str:
    """Return a text field, "" where it is missing or null.

    Raises:
        AuthError: it is something else (400 `validation_failed`).
    """
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AuthError(f"{name} must be a string", code="validation_failed")
    return value


def flag(body: dict[str, Any], name: str) -> bool:
    """Return a boolean field, False where it is missing or null.

    Raises:
        AuthError: it is something else (400 `validation_failed`).
    """
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise AuthError(f"{name} must be a boolean", code="validation_failed")
    return value


def metadata_field(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return a metadata field, None where it is missing or null.

    Raises:
        AuthError: it is no object, too deep or too large (422 `validation_failed`).
    """
    value = body.get(name)
    if value is None:
        return None
    try:
        return JSONObjectField().to_internal_value(value)
    except FieldError as error:
        detail = error.detail[0] if isinstance(error.detail, list) else error.detail
        raise AuthError(f"{name}: {detail}", code="validation_failed", status=422) from error


def normal_email(given: str) -> str:
    """Return the address in lower case.

    Raises:
        AuthError: it is no address (400 `validation_failed`).
    """
    email = given.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise AuthError("Unable to validate email address: invalid format", code="validation_failed") from error
    if len(email) > MAX_EMAIL_LENGTH:
        raise AuthError("Unable to validate email address: too long", code="validation_failed")
    return email


def _refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    code = error.code if isinstance(error, AuthError) else _CODES.get(ErrorCode(error.code), error.code)
    if _wants_codes(request):
        body: dict[str, Any] = {"code": str(code), "message": error.message}
    else:
        body = {"code": error.status, "error_code": str(code), "msg": error.message}
    if isinstance(error, AuthError) and error.reasons:
        body["weak_password"] = {"reasons": error.reasons}
    response = answer(body, error.status)
    response["X-Sb-Error-Code"] = str(code)
    return response


def _wants_codes(request: HttpRequest) -> bool:
    try:
        return date.fromisoformat(request.headers.get(VERSION_HEADER, "")) >= date.fromisoformat(VERSION)
    except ValueError:
        return False
