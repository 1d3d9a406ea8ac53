"""The one error family, raised by services; error_rendering.py turns it into answers (docs/api.md, Errors).

Every answer that is not a success has the same shape: `message`, `detail` (the same text), `code`, `request_id`, and for
validation `errors` by dotted field name; some codes say more, under names of their own.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, TypedDict

from lifestring.context import current_request_id

FieldErrors = dict[str, list[str]]


class ErrorCode(StrEnum):
    """Stable codes clients may branch on; never renamed."""

    MALFORMED_JSON = "malformed_json"
    BAD_REQUEST = "bad_request"
    NOT_AUTHENTICATED = "not_authenticated"
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - a code, no secret
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a code, no secret
    ANONYMOUS_USER = "anonymous_user"
    API_KEY = "api_key_not_allowed"
    USER_NOT_FOUND = "user_not_found"
    FORBIDDEN = "forbidden"
    SUSPENDED = "suspended"
    BANNED = "user_banned"
    BLOCKED = "blocked"
    NOT_A_MEMBER = "not_a_member"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    VALIDATION_FAILED = "validation_failed"
    CONFLICT = "conflict"
    FULL = "full"
    RATE_LIMITED = "rate_limited"
    UNKNOWN_TYPE = "unknown_type"
    SERVER_ERROR = "server_error"
    AUTH_UNAVAILABLE = "auth_unavailable"
    AUTH_REFUSED = "auth_refused"
    UNAVAILABLE = "unavailable"
    AI_UNAVAILABLE = "ai_unavailable"
    AI_BUSY = "ai_busy"
    AI_FAILED = "ai_failed"
    AI_REFUSED = "ai_refused"
    AI_CONTEXT_TOO_LONG = "ai_context_too_long"
    AI_BUDGET_EXCEEDED = "ai_budget_exceeded"


class BudgetShape(TypedDict):
    """What an answer with `ai_budget_exceeded` says of the limit that is used up."""

    scope: Literal["hour", "day", "installation"]
    limit: int | None
    left: int
    renews_at: str


class DomainError(Exception):
    """Something the caller asked for cannot be done.

    Args:
        message: one sentence for people.
        code: what clients branch on.
        status: the HTTP status.
        errors: messages by dotted field name, for validation.
        headers: response headers beyond the usual ones.
        more: further fields of the answer, which go with the code.
    """

    status = 400
    code: ErrorCode | str = ErrorCode.BAD_REQUEST
    message = "The request cannot be done."

    def __init__(
        self,
        message: str | None = None,
        *,
        code: ErrorCode | str | None = None,
        status: int | None = None,
        errors: FieldErrors | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.status = status or self.status
        self.errors = errors
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        super().__init__(self.message)


class NotFoundError(DomainError):
    """Not there, or not visible to the caller: the two are never told apart."""

    status, code, message = 404, ErrorCode.NOT_FOUND, "Not found."


class ForbiddenError(DomainError):
    """The caller is known and may not do this."""

    status, code, message = 403, ErrorCode.FORBIDDEN, "You are not allowed to do this."


class SuspendedError(ForbiddenError):
    """The caller may read and not write."""

    code, message = ErrorCode.SUSPENDED, "Your account is suspended."


class BlockedError(DomainError):
    """A block stands between the two people (docs/api.md, Blocks); it does not say whose."""

    status, code, message = 403, ErrorCode.BLOCKED, "You cannot interact with this person."


class ConflictError(DomainError):
    """The state does not allow it; 422 as the old backend answered."""

    status, code, message = 422, ErrorCode.CONFLICT, "This is not possible in the current state."


class UnavailableError(DomainError):
    """Something this needs is away for now."""

    status, code, message = 503, ErrorCode.UNAVAILABLE, "The service is not available right now; try again shortly."


class ValidationFailedError(DomainError):
    """The input breaks a rule; `errors` names the fields."""

    status, code = 422, ErrorCode.VALIDATION_FAILED

    def __init__(self, errors: FieldErrors) -> None:
        super().__init__(_validation_message(errors), errors=errors)


def error_body(error: DomainError) -> dict[str, Any]:
    """Return the JSON object every error answer carries."""
    body: dict[str, Any] = {
        "message": error.message,
        "detail": error.message,
        "code": str(error.code),
        "request_id": current_request_id(),
    }
    if error.errors is not None:
        body["errors"] = error.errors
    return {**body, **error.more}


def socket_error(error: DomainError, ref: str | None) -> dict[str, Any]:
    """Return the frame that tells a socket's client so (docs/live.md, Errors).

    Args:
        error: what went wrong.
        ref: what the refused frame called itself, None where it had no readable `ref`.
    """
    frame: dict[str, Any] = {"type": "error", "ref": ref, "code": str(error.code), "message": error.message}
    if error.errors is not None:
        frame["errors"] = error.errors
    return {**frame, **error.more}


def flatten_errors(detail: Any, prefix: str = "") -> FieldErrors:
    """Flatten DRF's nested error detail to dotted names (`participant_ids.0`)."""
    if isinstance(detail, Mapping):
        items = [(str(key), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        items = [(str(index), value) for index, value in enumerate(detail) if value]
    else:
        texts = detail if isinstance(detail, list) else [detail]
        return {prefix or "body": [str(text) for text in texts]}
    flat: FieldErrors = {}
    for key, value in items:
        name = prefix if key == "non_field_errors" and prefix else "body" if key == "non_field_errors" else key
        full = f"{prefix}.{name}" if prefix and name != prefix else name
        for field, texts in flatten_errors(value, full).items():
            flat.setdefault(field, []).extend(texts)
    return flat


def _validation_message(errors: FieldErrors) -> str:
    """The first message, and how many more there are, as the old backend's clients show it."""
    texts = [text for messages in errors.values() for text in messages]
    if not texts:
        return "The given data was invalid."
    more = len(texts) - 1
    return texts[0] if not more else f"{texts[0]} (and {more} more error{'s' if more > 1 else ''})"
