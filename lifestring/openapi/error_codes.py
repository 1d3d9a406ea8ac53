"""What each error code means to a client, and how it reads."""

from typing import Any

from lifestring.errors import ErrorCode, FieldErrors

MEANINGS: dict[ErrorCode, str] = {
    ErrorCode.MALFORMED_JSON: "the body is not JSON.",
    ErrorCode.BAD_REQUEST: "the request itself is malformed.",
    ErrorCode.NOT_AUTHENTICATED: "no access token was sent.",
    ErrorCode.TOKEN_INVALID: "the access token is not one of this service's.",
    ErrorCode.TOKEN_EXPIRED: "the access token has expired: refresh the session.",
    ErrorCode.ANONYMOUS_USER: "anonymous users have to sign up first.",
    ErrorCode.API_KEY: "an API key was sent where an access token belongs.",
    ErrorCode.USER_NOT_FOUND: "the token's account does not exist any more.",
    ErrorCode.FORBIDDEN: "the caller may not do this.",
    ErrorCode.SUSPENDED: "the caller may read but not write for now.",
    ErrorCode.BANNED: "the account is banned.",
    ErrorCode.BLOCKED: "a block stands between the two people; it does not say whose.",
    ErrorCode.NOT_A_MEMBER: "the caller is not in this room.",
    ErrorCode.NOT_FOUND: "not there, or not visible to the caller.",
    ErrorCode.METHOD_NOT_ALLOWED: "the address knows no such method.",
    ErrorCode.REQUEST_TIMEOUT: "the body did not arrive in time.",
    ErrorCode.PAYLOAD_TOO_LARGE: "the body is too large.",
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: "the body is declared as something else than JSON.",
    ErrorCode.VALIDATION_FAILED: "a value breaks a rule; `errors` names it.",
    ErrorCode.CONFLICT: "the current state does not allow it.",
    ErrorCode.FULL: "every place of the event is taken.",
    ErrorCode.RATE_LIMITED: "too many requests; `Retry-After` says how long to wait.",
    ErrorCode.SERVER_ERROR: "a bug of ours.",
    ErrorCode.AUTH_UNAVAILABLE: "whoever keeps the accounts does not answer.",
    ErrorCode.AUTH_REFUSED: "Supabase Auth refused without naming a code.",
    ErrorCode.UNAVAILABLE: "something the service needs is away for now.",
    ErrorCode.UNKNOWN_TYPE: "a socket frame of a type that does not exist.",
    ErrorCode.AI_UNAVAILABLE: "no model is configured, or it does not answer.",
    ErrorCode.AI_BUSY: "the model is being asked too much; `Retry-After` says how long to wait.",
    ErrorCode.AI_FAILED: "the model answered with what is no answer.",
    ErrorCode.AI_REFUSED: "the model, or moderation, refuses what it was sent.",
    ErrorCode.AI_CONTEXT_TOO_LONG: "it is more than the model takes at once.",
    ErrorCode.AI_BUDGET_EXCEEDED: "a limit of the assistant is used up; `budget` says which, and when it renews.",
}

# Per code its sentence and, for 422, the errors by field.
EXAMPLES: dict[ErrorCode, tuple[str, FieldErrors | None]] = {
    ErrorCode.MALFORMED_JSON: ("The body is not valid JSON.", None),
    ErrorCode.BAD_REQUEST: ("The request is malformed.", None),
    ErrorCode.NOT_AUTHENTICATED: ("Authentication credentials were not provided.", None),
    ErrorCode.TOKEN_INVALID: ("The access token is not valid.", None),
    ErrorCode.TOKEN_EXPIRED: ("The access token has expired.", None),
    ErrorCode.ANONYMOUS_USER: ("Anonymous users have to sign up first.", None),
    ErrorCode.API_KEY: ("An API key does not sign anybody in; send a user's access token.", None),
    ErrorCode.USER_NOT_FOUND: ("This account does not exist any more.", None),
    ErrorCode.FORBIDDEN: ("You are not allowed to do this.", None),
    ErrorCode.SUSPENDED: ("Your account is suspended.", None),
    ErrorCode.BANNED: ("This account is banned.", None),
    ErrorCode.BLOCKED: ("You cannot interact with this person.", None),
    ErrorCode.NOT_A_MEMBER: ("You are not in this room.", None),
    ErrorCode.NOT_FOUND: ("Not found.", None),
    ErrorCode.REQUEST_TIMEOUT: ("The body did not arrive in time.", None),
    ErrorCode.PAYLOAD_TOO_LARGE: ("The body is too large.", None),
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: ('Unsupported media type "text/plain" in request.', None),
    ErrorCode.VALIDATION_FAILED: (
        "This must be a whole number from 1 to 100.",
        {"per_page": ["This must be a whole number from 1 to 100."]},
    ),
    ErrorCode.CONFLICT: ("This is not possible in the current state.", None),
    ErrorCode.FULL: ("Every place is taken.", None),
    ErrorCode.RATE_LIMITED: ("Too many requests; try again in 30 seconds.", None),
    ErrorCode.SERVER_ERROR: ("Something went wrong on our side.", None),
    ErrorCode.AUTH_REFUSED: ("The request was refused.", None),
    ErrorCode.UNAVAILABLE: ("The service is not available right now; try again shortly.", None),
    ErrorCode.AI_UNAVAILABLE: ("No model is set up for this: set OPENAI_API_KEY.", None),
    ErrorCode.AI_BUSY: ("The model is being asked too much; try again shortly.", None),
    ErrorCode.AI_FAILED: ("The model gave no usable answer; try again.", None),
    ErrorCode.AI_REFUSED: ("The model refuses to answer this.", None),
    ErrorCode.AI_CONTEXT_TOO_LONG: ("This is more than the model takes at once; say it shorter.", None),
    ErrorCode.AI_BUDGET_EXCEEDED: ("You have used up your 100 messages of this hour.", None),
    ErrorCode.AUTH_UNAVAILABLE: ("Sign-in cannot be checked right now; try again shortly.", None),
}

# What an answer with this code says besides.
MORE: dict[ErrorCode | str, dict[str, Any]] = {
    ErrorCode.AI_BUDGET_EXCEEDED: {
        "budget": {"scope": "hour", "limit": 100, "left": 0, "renews_at": "2026-11-25T11:00:00.000000Z"}
    }
}
