"""Connections to the model's server for event loops: one client for each loop and server, closed when its loop ends."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from functools import cache

import httpx2
from django.conf import settings
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

_clients: dict[tuple[asyncio.AbstractEventLoop, str, str], tuple[AsyncOpenAI, AsyncGenerator[None]]] = {}


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to believe; reading that takes a tenth of a second, so it is done once, and not for each loop."""
    return httpx2.create_ssl_context()


# Making a request takes the SDK some milliseconds of processor time. They begin one in each round of the loop: a hundred at
# once would keep everybody else waiting.
_turnstiles: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}


async def client() -> AsyncOpenAI:
    """Return the running loop's client of `OPENAI_BASE_URL`."""
    loop = asyncio.get_running_loop()
    key = (loop, settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY)
    if key not in _clients:
        # Deadlines and another model are ours to decide, so the SDK must not try again by itself.
        connections = DefaultAsyncHttpxClient(verify=_certificates())
        made = AsyncOpenAI(base_url=key[1], api_key=key[2] or "none", max_retries=0, http_client=connections)
        # A loop that ends runs the generators it has begun to their end: the one way to hear of it.
        end = _closes_with_its_loop(key, made)
        _clients[key] = (made, end)
        await anext(end)
    async with _turnstiles.setdefault(loop, asyncio.Lock()):
        await asyncio.sleep(0)
    return _clients[key][0]


async def _closes_with_its_loop(
    key: tuple[asyncio.AbstractEventLoop, str, str], made: AsyncOpenAI
) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        _clients.pop(key, None)
        _turnstiles.pop(key[0], None)
        await made.close()
