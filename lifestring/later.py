"""Answers that wait for something slow, such as a model, on the event loop: no thread is held meanwhile.

A view checks what was sent as ever, in its thread, and returns one of these. `RestHandler` runs what is left on the loop
and cancels it when the client leaves. What needs the database there goes through `lifestring.threads.in_socket_thread`.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from lifestring.context import set_request_id
from lifestring.error_rendering import error_or_fault
from lifestring.errors import error_body
from lifestring.rendering import dumps
from lifestring.telemetry import tracing

# After so long without an event a comment is sent, so that nobody between here and the client takes the stream for dead.
KEEP_ALIVE_SECONDS = 15.0
CLIENT_LEFT = 499
_WAITING = 64

Event = Mapping[str, Any]


class LaterResponse(HttpResponse):
    """A JSON answer that a coroutine gives.

    Args:
        make: called on the event loop; what it returns is the body, what it raises is answered as anywhere else.
        status: of an answer that is no error.
    """

    def __init__(self, make: Callable[[], Awaitable[Any]], *, status: int = 200) -> None:
        super().__init__(status=status, content_type="application/json")
        self._make = make
        self._place = tracing.here()
        self._when_done: list[Callable[[], None]] = []

    def when_done(self, call: Callable[[], None]) -> None:
        """Call this when the status is known: 499 where the client left before."""
        self._when_done.append(call)

    async def settle(self) -> None:
        """Make the answer; whoever cancels this does so because nobody waits for it any more."""
        set_request_id(self["X-Request-Id"])
        tracing.go_on(self._place)
        try:
            self.content = dumps(await self._make())
        except asyncio.CancelledError:
            self.status_code = CLIENT_LEFT
            raise
        except Exception as exc:
            error = error_or_fault(exc)
            self.status_code, self.content = error.status, dumps(error_body(error))
            for name, value in error.headers.items():
                self[name] = value
        finally:
            for call in self._when_done:
                call()


class EventStream(StreamingHttpResponse):
    """Server-Sent Events: each thing that is yielded is a `data:` line of JSON.

    Args:
        events: closed when the client leaves; what it raises ends the stream as {"type": "error", "code", "message"}.
    """

    def __init__(self, events: AsyncGenerator[Event]) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        self.lines = self._lines(events)
        self._place = tracing.here()
        super().__init__(self.lines, content_type="text/event-stream", headers=headers)

    def __aiter__(self) -> AsyncGenerator[bytes]:
        """Return the lines themselves and not, as Django does, a generator around them that would leave them open."""
        return self.lines

    async def _lines(self, events: AsyncGenerator[Event]) -> AsyncGenerator[bytes]:
        set_request_id(self["X-Request-Id"])
        tracing.go_on(self._place)
        waiting: asyncio.Queue[Event | None] = asyncio.Queue(_WAITING)
        # A task of its own, since a generator may have deadlines that hold for the task it runs in.
        task = asyncio.get_running_loop().create_task(_collect(events, waiting))
        try:
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        event = await waiting.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if event is None:
                    return
                yield b"data: " + dumps(event) + b"\n\n"
        finally:
            task.cancel()
            await asyncio.wait({task})


async def _collect(events: AsyncGenerator[Event], waiting: "asyncio.Queue[Event | None]") -> None:
    async with contextlib.aclosing(events):
        try:
            async for event in events:
                await waiting.put(event)
        except Exception as exc:
            error = error_or_fault(exc)
            await waiting.put({"type": "error", "code": str(error.code), "message": error.message})
    await waiting.put(None)
