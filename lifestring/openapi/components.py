"""What many operations share: headers, and the components that stand behind a `$ref`."""

from typing import Any

from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from lifestring.errors import ErrorCode
from lifestring.idempotency import MAX_KEY
from lifestring.openapi.error_codes import EXAMPLES, MEANINGS, MORE

Json = dict[str, Any]
Definitions = dict[str, Json]


def ref(kind: str, name: str) -> Json:
    """Return a reference to a component (`schemas`, `responses`, `headers`, `parameters`)."""
    return {"$ref": f"#/components/{kind}/{name}"}


_TEXT: Json = {"type": "string"}
_REQUEST_ID: Json = {"type": "string", "examples": ["0c2f8a5e7d3b4c19"]}

_SCHEMAS: Definitions = {
    "ErrorCode": {
        "type": "string",
        "enum": [str(code) for code in ErrorCode],
        "description": "What clients may branch on; codes are never renamed, new ones may come.\n\n"
        + "\n".join(f"- `{code}`: {MEANINGS[code]}" for code in ErrorCode if code in MEANINGS),
    },
    "Error": {
        "type": "object",
        "description": "Every answer that is not a success.",
        "required": ["message", "detail", "code", "request_id"],
        "properties": {
            "message": {**_TEXT, "description": "One sentence for people."},
            "detail": {**_TEXT, "description": "The same sentence."},
            "code": ref("schemas", "ErrorCode"),
            "request_id": {**_REQUEST_ID, "description": "As in `X-Request-Id`; our log knows it."},
            "errors": ref("schemas", "FieldErrors"),
            "budget": ref("schemas", "Budget"),
        },
    },
    "AuthError": {
        "type": "object",
        "description": "A refusal below `/api/auth`: our own, or Supabase Auth's with its sentence and code.",
        "required": ["message", "detail", "code", "request_id"],
        "properties": {
            "message": {**_TEXT, "description": "One sentence for people."},
            "detail": {**_TEXT, "description": "The same sentence."},
            "code": {
                "description": "Ours, or one of Supabase Auth's error codes.",
                "anyOf": [ref("schemas", "ErrorCode"), {**_TEXT, "examples": ["invalid_credentials"]}],
            },
            "request_id": {**_REQUEST_ID, "description": "As in `X-Request-Id`; our log knows it."},
            "errors": ref("schemas", "FieldErrors"),
        },
    },
    "Budget": {
        "type": "object",
        "description": "The limit of the assistant that is used up. Only with `ai_budget_exceeded`.",
        "required": ["scope", "limit", "left", "renews_at"],
        "properties": {
            "scope": {
                **_TEXT,
                "enum": ["hour", "day", "installation"],
                "description": "The caller's messages of this hour or day, or what all people together may cost a day.",
            },
            "limit": {"type": ["integer", "null"], "description": "How many messages; null for the installation's."},
            "left": {"type": "integer", "minimum": 0},
            "renews_at": {**_TEXT, "format": "date-time"},
        },
    },
    "FieldErrors": {
        "type": "object",
        "description": "What is wrong, by field; nested fields are dotted (`enneagram_ids.0`). Only with 422.",
        "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
}

_HEADERS: Definitions = {
    "XRequestId": {
        "description": "The request's id: the client's own where it sent a sane one.",
        "schema": _REQUEST_ID,
    },
    "ETag": {
        "description": "A weak tag of this answer, for `If-None-Match`.",
        "schema": {"type": "string", "examples": ['W/"5f1d0c8ba1c4e0a7d2b96f3e"']},
    },
    "RetryAfter": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 0, "examples": [1]},
    },
    "WWWAuthenticate": {
        "description": "The challenge of RFC 6750.",
        "schema": {"type": "string", "examples": ['Bearer error="invalid_token", code="token_expired"']},
    },
}

_PARAMETERS: Definitions = {
    "XRequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "An id of your own for this request; another one is made where this is missing or malformed.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "`ETag`s of answers already held, comma separated: 304 without a body if nothing has changed.",
        "schema": {"type": "string", "examples": ['W/"5f1d0c8ba1c4e0a7d2b96f3e"']},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "Makes a create repeatable: the same key sent again by the same person to the same address answers with "
            "what the first request created and creates nothing, also while the first is still under way."
        ),
        "schema": {"type": "string", "maxLength": MAX_KEY, "examples": ["7c2e61f4-1a37-4c0b-9d0e-5a7a4c1f2b90"]},
    },
}


def error_example(code: ErrorCode | str, message: str, errors: dict[str, list[str]] | None = None) -> Json:
    """Return the body of an error answer."""
    body: Json = {"message": message, "detail": message, "code": str(code), "request_id": "0c2f8a5e7d3b4c19"}
    return {**body, **({} if errors is None else {"errors": errors}), **MORE.get(code, {})}


def error_response(description: str, *, schema: str = "Error", codes: tuple[ErrorCode, ...], headers: Json) -> Json:
    """Return a response object for an error, with an example per code."""
    examples = {str(code): {"value": error_example(code, *EXAMPLES[code])} for code in codes}
    content = {"application/json": {"schema": ref("schemas", schema), "examples": examples}}
    return {
        "description": description,
        "headers": {"X-Request-Id": ref("headers", "XRequestId"), **headers},
        "content": content,
    }


_CHALLENGE = {"WWW-Authenticate": ref("headers", "WWWAuthenticate")}
_RETRY = {"Retry-After": ref("headers", "RetryAfter")}

_RESPONSES: Definitions = {
    "BadRequest": error_response(
        "The body is not JSON, or the request itself is malformed.",
        codes=(ErrorCode.MALFORMED_JSON, ErrorCode.BAD_REQUEST),
        headers={},
    ),
    "MalformedRequest": error_response(
        "The request itself is malformed: a host that is not ours, too many parameters.",
        codes=(ErrorCode.BAD_REQUEST,),
        headers={},
    ),
    "Unauthorized": error_response(
        "No access token, or none that signs anybody in.",
        codes=(
            ErrorCode.NOT_AUTHENTICATED,
            ErrorCode.TOKEN_INVALID,
            ErrorCode.TOKEN_EXPIRED,
            ErrorCode.ANONYMOUS_USER,
            ErrorCode.API_KEY,
            ErrorCode.USER_NOT_FOUND,
        ),
        headers=_CHALLENGE,
    ),
    "Banned": error_response("The account is banned.", codes=(ErrorCode.BANNED,), headers={}),
    "Suspended": error_response("The caller may not write.", codes=(ErrorCode.SUSPENDED, ErrorCode.BANNED), headers={}),
    "Forbidden": error_response(
        "The caller is known and may not do this.",
        codes=(ErrorCode.FORBIDDEN, ErrorCode.SUSPENDED, ErrorCode.BANNED),
        headers={},
    ),
    "Blocked": error_response(
        "A block stands between the two people, or the caller may not write at all.",
        codes=(ErrorCode.BLOCKED, ErrorCode.SUSPENDED, ErrorCode.BANNED),
        headers={},
    ),
    "BlockedOrForbidden": error_response(
        "A block stands between the two people, or the caller may not do this, or may not write at all.",
        codes=(ErrorCode.BLOCKED, ErrorCode.FORBIDDEN, ErrorCode.SUSPENDED, ErrorCode.BANNED),
        headers={},
    ),
    "NotAMember": error_response(
        "The caller is not in this room, or may not do this there.",
        codes=(ErrorCode.NOT_A_MEMBER, ErrorCode.FORBIDDEN, ErrorCode.SUSPENDED, ErrorCode.BANNED),
        headers={},
    ),
    "BlockedOrNotAMember": error_response(
        "The caller is not in this room, a block stands between two people, or the caller may not write at all.",
        codes=(ErrorCode.NOT_A_MEMBER, ErrorCode.BLOCKED, ErrorCode.SUSPENDED, ErrorCode.BANNED),
        headers={},
    ),
    "NotFound": error_response(
        "Not there or not visible to the caller, which are never told apart; also where an id is no uuid.",
        codes=(ErrorCode.NOT_FOUND,),
        headers={},
    ),
    "RequestTimeout": error_response(
        "The body did not arrive in time.", codes=(ErrorCode.REQUEST_TIMEOUT,), headers={}
    ),
    "PayloadTooLarge": error_response(
        "The body is larger than the service takes, 1 MiB unless configured otherwise.",
        codes=(ErrorCode.PAYLOAD_TOO_LARGE,),
        headers={},
    ),
    "UnsupportedMediaType": error_response(
        "The body is declared as something else than JSON.", codes=(ErrorCode.UNSUPPORTED_MEDIA_TYPE,), headers={}
    ),
    "Unreadable": error_response(
        "A parameter breaks a rule; `errors` names it.", codes=(ErrorCode.VALIDATION_FAILED,), headers={}
    ),
    "Unprocessable": error_response(
        "A value breaks a rule (`errors` names it), or the state does not allow it.",
        codes=(ErrorCode.VALIDATION_FAILED, ErrorCode.CONFLICT),
        headers={},
    ),
    "Full": error_response(
        "A value breaks a rule, or every place is taken, or the event is over.",
        codes=(ErrorCode.FULL, ErrorCode.CONFLICT, ErrorCode.VALIDATION_FAILED),
        headers={},
    ),
    "TooManyRequests": error_response("Too many requests.", codes=(ErrorCode.RATE_LIMITED,), headers=_RETRY),
    "ServerError": error_response(
        "A bug of ours; the log has the story under the same request id.", codes=(ErrorCode.SERVER_ERROR,), headers={}
    ),
    "Unavailable": error_response(
        "Something this needs is away for now.",
        codes=(ErrorCode.UNAVAILABLE, ErrorCode.AUTH_UNAVAILABLE),
        headers=_RETRY,
    ),
    "AIUnavailable": error_response(
        "No model is set up, or something this needs is away for now.",
        codes=(ErrorCode.AI_UNAVAILABLE, ErrorCode.AI_BUSY, ErrorCode.UNAVAILABLE, ErrorCode.AUTH_UNAVAILABLE),
        headers=_RETRY,
    ),
    "AIFailed": error_response("The model answered with what is no answer.", codes=(ErrorCode.AI_FAILED,), headers={}),
    "AIRefused": error_response(
        "A value breaks a rule (`errors` names it), the state does not allow it, or the model does not take it.",
        codes=(
            ErrorCode.AI_REFUSED,
            ErrorCode.AI_CONTEXT_TOO_LONG,
            ErrorCode.VALIDATION_FAILED,
            ErrorCode.CONFLICT,
        ),
        headers={},
    ),
    "AIBudgetExceeded": error_response(
        "A limit of the assistant is used up (`budget` says which, and when it renews), or there are too many requests.",
        codes=(ErrorCode.AI_BUDGET_EXCEEDED, ErrorCode.RATE_LIMITED),
        headers=_RETRY,
    ),
    "AuthRefused": error_response(
        "The body is not JSON, or Supabase Auth refuses with a status, sentence and code of its own.",
        schema="AuthError",
        codes=(ErrorCode.MALFORMED_JSON, ErrorCode.AUTH_REFUSED),
        headers={},
    ),
}

_DEFINITIONS: dict[str, Definitions] = {
    "schemas": _SCHEMAS,
    "headers": _HEADERS,
    "parameters": _PARAMETERS,
    "responses": _RESPONSES,
}


def shared(registry: ComponentRegistry, kind: str, name: str) -> Json:
    """Put a shared component and all it refers to into the document; returns the reference to it."""
    component = ResolvedComponent(name=name, type=kind, schema=_DEFINITIONS[kind][name], object=f"{kind}/{name}")
    if component not in registry:
        registry.register(component)
        for inner_kind, inner_name in _references(component.schema):
            shared(registry, inner_kind, inner_name)
    return ref(kind, name)


def _references(definition: Any) -> list[tuple[str, str]]:
    if isinstance(definition, list):
        return [found for item in definition for found in _references(item)]
    if not isinstance(definition, dict):
        return []
    if isinstance(target := definition.get("$ref"), str):
        _, _, kind, name = target.split("/")
        return [(kind, name)]
    return [found for value in definition.values() for found in _references(value)]
