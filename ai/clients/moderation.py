"""The way to the moderation endpoint: whether a text is fit to be sent, or shown (docs/configuration.md, AI)."""

import asyncio
import logging
import time
from typing import NamedTuple

import httpx2
import openai
from django.conf import settings

from ai.clients.connections import client
from ai.clients.errors import ModelUnavailableError
from ai.clients.watching import MODERATION_MODEL, watched

logger = logging.getLogger(__name__)

DEADLINE_SECONDS = 5.0
MAX_TEXT = 100_000
# A server without such an endpoint is left alone for so long.
ABSENT_SECONDS = 3600.0
_absent_until: dict[str, float] = {}


class NoModerationError(ModelUnavailableError):
    """The server has no moderation endpoint."""


class Verdict(NamedTuple):
    """Whether a text is objectionable, and under which names."""

    flagged: bool
    categories: tuple[str, ...]


async def moderate(text: str) -> Verdict | None:
    """Return the verdict on a text, None where moderation is off or does not answer, which is logged; never raises."""
    server = settings.OPENAI_BASE_URL
    if not settings.AI_MODERATION or not text.strip() or _absent_until.get(server, 0.0) > time.monotonic():
        return None
    try:
        return await verdict_on(text)
    except NoModerationError as error:
        _absent_until[server] = time.monotonic() + ABSENT_SECONDS
        logger.warning("%s Nothing is moderated at %s.", error, server)
    except ModelUnavailableError as error:
        logger.warning("%s So a text passes unseen.", error)
    return None


async def verdict_on(text: str) -> Verdict:
    """Return the verdict on a text, whether or not moderation is on.

    Raises:
        NoModerationError: the server has no such endpoint.
        ModelUnavailableError: it does not answer, or not with a verdict.
    """
    with watched("moderation", MODERATION_MODEL):
        return await _verdict_on(text)


async def _verdict_on(text: str) -> Verdict:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            asked = (await client()).moderations
            answer = await asked.create(model=MODERATION_MODEL, input=text[:MAX_TEXT], timeout=DEADLINE_SECONDS)
        results = answer.results
        flagged = any(result.flagged is True for result in results)
        named = {
            name
            for result in results
            for name, is_so in result.categories.model_dump(by_alias=True).items()
            if is_so is True
        }
    except openai.APIStatusError as error:
        if error.status_code in {404, 405, 501}:
            raise NoModerationError("The server has no moderation endpoint.") from error
        raise ModelUnavailableError(f"Moderation answers {error.status_code}.") from error
    except (openai.OpenAIError, httpx2.HTTPError, TimeoutError, AttributeError, TypeError, ValueError) as error:
        raise ModelUnavailableError(f"Moderation does not answer: {type(error).__name__}.") from error
    return Verdict(flagged, tuple(sorted(named)))
