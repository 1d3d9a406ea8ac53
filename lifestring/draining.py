"""How a web process stops under uvicorn: it says so, takes nothing more, and finishes (docs/deploy.md, Rolling restarts).

uvicorn by itself stops to listen at the moment it is told to stop, and closes idle connections upon which a request may be
on its way already. Here it first goes on serving for a moment, during which `/ready` answers 503 and every answer closes its
connection: whoever spreads the requests sends them elsewhere by then. Shortly before the grace is over, what would not end
by itself is asked to.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.db import connections

logger = logging.getLogger(__name__)

# From SIGTERM until nothing more is taken: time for a balancer to have looked at `/ready` and been answered.
NOTICE_SECONDS = 2.0
# From the request to end until the process drops what has not: an answer's part is looked at, stored and settled meanwhile.
LAST_SECONDS = 2.5

_begun = asyncio.Event()
_enders: list[Callable[[], None]] = []


def has_begun() -> bool:
    """Whether this process has been told to stop."""
    return _begun.is_set()


def at_the_last(end: Callable[[], None]) -> None:
    """Have this called on the event loop when what is still under way must come to its end."""
    _enders.append(end)


async def lifespan(_scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI application for the process's own life, which the server starts with `--lifespan on`."""
    await receive()
    _listen_to_sigterm(asyncio.get_running_loop())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for connection in connections.all(initialized_only=True):
        close_pool: Callable[[], None] = getattr(connection, "close_pool", lambda: None)
        close_pool()
    await send({"type": "lifespan.shutdown.complete"})


def _listen_to_sigterm(loop: asyncio.AbstractEventLoop) -> None:
    """Come between the signal and uvicorn, which installed its handler before it started the application."""
    stop: Any = signal.getsignal(signal.SIGTERM)
    server: Any = getattr(stop, "__self__", None)
    if not hasattr(server, "config"):
        return

    def begin(number: int, frame: FrameType | None) -> None:
        if _begun.is_set():
            return
        _begun.set()
        grace = float(server.config.timeout_graceful_shutdown or 0)
        server.config.timeout_graceful_shutdown = max(0.0, grace - NOTICE_SECONDS)
        loop.call_soon_threadsafe(_schedule, loop, grace, lambda: stop(number, frame))

    signal.signal(signal.SIGTERM, begin)


def _schedule(loop: asyncio.AbstractEventLoop, grace: float, stop: Callable[[], None]) -> None:
    logger.info("stopping: nothing more is taken in %.0f s, and all is over in %.0f s", NOTICE_SECONDS, grace)
    loop.call_later(NOTICE_SECONDS, stop)
    loop.call_later(max(NOTICE_SECONDS, grace - LAST_SECONDS), _end_all)


def _end_all() -> None:
    for end in _enders:
        end()
