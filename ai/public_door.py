"""One visitor's question at a time: who keeps a model busy waits until it has answered (docs/api.md, AI).

How many there are in an hour the database counts (ai/budgets.py); this only keeps an address from asking in parallel.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis
from django.core.cache import cache

from ai.budgets import subject_of
from ai.clients.chat import DEADLINE_SECONDS
from lifestring.errors import DomainError, ErrorCode, UnavailableError
from lifestring.threads import in_socket_thread

# Longer than any answer takes: what a killed process left ends by itself.
HELD_SECONDS = int(DEADLINE_SECONDS) + 60
RETRY_SECONDS = "5"
BUSY = "You have asked already; wait for the answer."


@asynccontextmanager
async def one_at_a_time(address: str) -> AsyncIterator[None]:
    """Hold the door for one question from an address.

    Raises:
        DomainError: there is one under way (429 `rate_limited`).
        UnavailableError: nobody can tell, because Redis does not answer.
    """
    key = f"ai:visitor:{subject_of(None, address)}"
    try:
        is_first = await in_socket_thread(cache.add)(key, 1, HELD_SECONDS)
    except redis.RedisError as error:
        raise UnavailableError(headers={"Retry-After": RETRY_SECONDS}) from error
    if not is_first:
        raise DomainError(BUSY, code=ErrorCode.RATE_LIMITED, status=429, headers={"Retry-After": RETRY_SECONDS})
    try:
        yield
    finally:
        await _release(key)


async def _release(key: str) -> None:
    try:
        await in_socket_thread(cache.delete)(key)
    except redis.RedisError:
        return  # it ends by itself
