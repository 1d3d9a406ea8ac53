"""How a model's failures are told to clients (docs/api.md, AI): never in the server's own words."""

import math

from ai.clients.errors import (
    BadAnswerError,
    ContextTooLongError,
    InputRefusedError,
    ModelError,
    ModelRateLimitedError,
)
from lifestring.errors import DomainError, ErrorCode, UnavailableError

# Where a busy server does not say for how long.
BUSY_SECONDS = 10.0
AWAY_SECONDS = "30"


def as_domain_error(error: ModelError) -> DomainError:
    """Return what clients are told."""
    if isinstance(error, ModelRateLimitedError):
        pause = BUSY_SECONDS if error.retry_after is None else error.retry_after
        return UnavailableError(
            "The model is being asked too much; try again shortly.",
            code=ErrorCode.AI_BUSY,
            headers={"Retry-After": str(max(1, math.ceil(pause)))},
        )
    if isinstance(error, ContextTooLongError):
        sentence = "This is more than the model takes at once; say it shorter."
        return DomainError(sentence, code=ErrorCode.AI_CONTEXT_TOO_LONG, status=422)
    if isinstance(error, InputRefusedError):
        return DomainError("The model refuses to answer this.", code=ErrorCode.AI_REFUSED, status=422)
    if isinstance(error, BadAnswerError):
        return DomainError("The model gave no usable answer; try again.", code=ErrorCode.AI_FAILED, status=502)
    return UnavailableError(
        "The model does not answer right now; try again shortly.",
        code=ErrorCode.AI_UNAVAILABLE,
        headers={"Retry-After": AWAY_SECONDS},
    )
