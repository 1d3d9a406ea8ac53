"""What is seen of each call of a model: a span, figures, and a log line; never what was said (docs/operations.md)."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from django.conf import settings
from opentelemetry.trace import SpanKind, Status, StatusCode

from ai.clients.errors import BadAnswerError, InputRefusedError, ModelError, ModelRateLimitedError
from ai.clients.usage import Usage
from ai.metrics import CALLS, COST, TOKENS
from ai.prices import price_of_call
from lifestring.telemetry import tracing

logger = logging.getLogger(__name__)

MODERATION_MODEL = "omni-moderation-latest"
Kind = Literal["chat", "embeddings", "moderation"]
# The narrower ones first.
_OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (InputRefusedError, "refused"),
    (ModelRateLimitedError, "rate_limited"),
    (BadAnswerError, "bad_answer"),
    (ModelError, "unavailable"),
    (Exception, "failed"),
    (BaseException, "cancelled"),
)


class Call:
    """A call under way: who makes it says what it took, and how it ended where that is no exception."""

    def __init__(self) -> None:
        self.usage = Usage(0, 0, 0)
        self.outcome = "done"


@contextmanager
def watched(kind: Kind, model: str) -> Iterator[Call]:
    """Watch one call of a model to its end, whatever that is.

    Args:
        kind: what is asked for.
        model: who is asked.
    """
    call, started = Call(), time.perf_counter()
    # Not the place where anything goes on: a stream may be closed from elsewhere than where it was opened.
    span = tracing.begin(
        f"{kind} {model}",
        SpanKind.CLIENT,
        gen_ai__operation__name=kind,
        gen_ai__provider__name="openai",
        gen_ai__request__model=model,
    )
    try:
        yield call
    except BaseException as error:
        call.outcome = next(name for kind_of_error, name in _OUTCOMES if isinstance(error, kind_of_error))
        raise
    finally:
        seconds = time.perf_counter() - started
        _count(kind, model, call, seconds)
        span.set_attribute("gen_ai.usage.input_tokens", call.usage.prompt_tokens)
        span.set_attribute("gen_ai.usage.output_tokens", call.usage.completion_tokens)
        span.set_attribute("lifestring.outcome", call.outcome)
        if call.outcome != "done":
            span.set_status(Status(StatusCode.ERROR, call.outcome))
        span.end()


def _count(kind: Kind, model: str, call: Call, seconds: float) -> None:
    used = call.usage
    cost = price_of_call(model, used) if used.prompt_tokens or used.completion_tokens else 0
    # A vector may have been stored by a model that somebody else named.
    known = {settings.CHAT_MODEL, settings.CHAT_FALLBACK_MODEL, settings.EMBED_MODEL, MODERATION_MODEL}
    label = model if model in known else "other"
    CALLS.labels(kind, label, call.outcome).observe(seconds)
    TOKENS.labels(label, "read").inc(used.prompt_tokens)
    TOKENS.labels(label, "cached").inc(used.cached_tokens)
    TOKENS.labels(label, "written").inc(used.completion_tokens)
    COST.labels(label).inc(float(cost))
    fields = {
        "kind": kind,
        "model": model,
        "outcome": call.outcome,
        "duration_ms": round(seconds * 1000, 1),
        "tokens_read": used.prompt_tokens,
        "tokens_written": used.completion_tokens,
        "cost": float(cost),
    }
    logger.info("%s by %s %s %.1fms", kind, model, call.outcome, seconds * 1000, extra={"fields": fields})
