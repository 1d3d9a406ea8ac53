"""What a server's refusal means. Its own words are looked at and never passed on: they may quote the text, or the key."""

import math
import re
import time
from email.utils import parsedate_to_datetime

import httpx2
import openai

from ai.clients.errors import (
    ContextTooLongError,
    InputRefusedError,
    ModelError,
    ModelRateLimitedError,
    ModelUnavailableError,
)

MAX_RETRY_AFTER = 3600.0
# As much of a refusal as is looked at.
MAX_SAID = 10_000
# OpenAI's code, and how vLLM, llama.cpp and others word it.
_TOO_LONG = re.compile(
    r"context_length_exceeded|string_above_max_length|context (length|window|size)|too many tokens|prompt is too long",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(r"insufficient_quota|billing", re.IGNORECASE)
_HINTS = {
    401: ": look at OPENAI_API_KEY",
    403: ": the key may not use it",
    404: ": look at CHAT_MODEL and OPENAI_BASE_URL",
}


def said(error: openai.APIStatusError) -> str:
    """Return the server's own words, for looking at."""
    return error.response.text[:MAX_SAID]


def refusal(error: openai.APIStatusError) -> ModelError:
    """Return what a refusal to chat is."""
    status = error.status_code
    words = said(error)
    if status == 429 and not _NO_CREDIT.search(words):
        return ModelRateLimitedError("The model's server is being asked too much.", retry_after(error.response))
    if status == 429:
        return ModelUnavailableError("The model's server says that the account has no credit left.")
    if status == 413 or (status in {400, 422} and _TOO_LONG.search(words)):
        return ContextTooLongError(f"The input is more than the model takes ({status}).")
    if status in {400, 422}:
        return InputRefusedError(f"The model's server refuses the input ({status}).")
    return ModelUnavailableError(f"The model's server answers {status}{_HINTS.get(status, '')}.")


def retry_after(response: httpx2.Response) -> float | None:
    """Return the pause a server asks for, in seconds; it may say a number or a date."""
    asked = response.headers.get("retry-after", "")
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER) if math.isfinite(seconds) else None
