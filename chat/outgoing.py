"""What waits to go out on one socket: bounded, and nobody else's business (docs/live.md, Guarantees)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from lifestring.telemetry.metrics import CLOSES, FRAMES_OUT

# Of frames nobody asked for: what a reader may be behind before it is cut off.
MAX_FRAMES = 2_000
MAX_CHARACTERS = 1024 * 1024
# Of answers: while more wait, the client's next frame is not read.
MAX_ANSWERED = 64 * 1024
# How long a reader that is cut off has to take the frame that says so.
LAST_SECONDS = 5.0

Send = Callable[[Any], Awaitable[None]]


class Outgoing:
    """Frames on their way to one client, sent one after the other by a task that only lives while there are any.

    Args:
        send: the server's; it waits while the client does not read.
        on_overflow: called when more waits than may; the socket has to be closed then.
        on_end: called when nothing more will be sent: after the close frame, or where that could not be sent in time.

    Memory is bounded by the frames nobody asked for, which are shared by all sockets of a room, and by one answer beyond
    `MAX_ANSWERED`.
    """

    __slots__ = ("_answered", "_last", "_on_end", "_on_overflow", "_pushed", "_pushed_frames", "_room", "_send", "_task",
                 "_waiting", "is_closing")  # fmt: skip

    def __init__(self, send: Send, on_overflow: Callable[[], None], on_end: Callable[[], None]) -> None:
        self.is_closing = False
        self._send = send
        self._on_overflow = on_overflow
        self._on_end = on_end
        # Each with what it counts as pushed and as answered.
        self._waiting: deque[tuple[dict[str, Any], int, int]] = deque()
        self._pushed_frames = self._pushed = self._answered = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self._last: asyncio.TimerHandle | None = None

    async def accept(self, subprotocol: str | None) -> None:
        """Accept the socket."""
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})

    def push(self, text: str) -> None:
        """Send a frame nobody asked for; beyond the bounds it is the end of the socket."""
        if self.is_closing:
            return
        if self._pushed_frames >= MAX_FRAMES or self._pushed >= MAX_CHARACTERS:
            self._on_overflow()
            return
        self._pushed_frames += 1
        self._pushed += len(text)
        self._put({"type": "websocket.send", "text": text}, len(text), 0)

    def answer(self, text: str) -> None:
        """Send the answer to a frame."""
        if not self.is_closing:
            self._answered += len(text)
            self._put({"type": "websocket.send", "text": text}, 0, len(text))

    async def drained(self) -> None:
        """Wait until the client has taken its answers, but for the last few, or the socket ends."""
        while self._answered > MAX_ANSWERED and self._task is not None and not self.is_closing:
            self._room = asyncio.Event()
            await self._room.wait()

    def close(self, code: int, *, at_once: bool = False) -> None:
        """Send a close frame after all that waits, or at once instead of it; nothing is sent after it."""
        if self.is_closing:
            return
        self.is_closing = True
        CLOSES.labels(str(code)).inc()
        if at_once:
            self._forget()
        self._put({"type": "websocket.close", "code": code}, 0, 0)
        self._last = asyncio.get_running_loop().call_later(LAST_SECONDS, self.abandon)

    def abandon(self) -> None:
        """Send nothing more."""
        self.is_closing = True
        self._forget()
        self._end()

    def _put(self, message: dict[str, Any], pushed: int, answered: int) -> None:
        FRAMES_OUT.inc()
        self._waiting.append((message, pushed, answered))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                message, pushed, answered = self._waiting.popleft()
                await self._send(message)
                self._pushed_frames -= 1 if pushed else 0
                self._pushed -= pushed
                self._answered -= answered
                if answered and self._room is not None:
                    self._room.set()
        except (OSError, RuntimeError):
            # Servers raise one or the other for a peer that has just gone; its disconnect message follows.
            self.is_closing = True
            self._waiting.clear()
        self._end()

    def _forget(self) -> None:
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _end(self) -> None:
        self._task = None
        if self._room is not None:
            self._room.set()
        if self.is_closing:
            if self._last is not None:
                self._last.cancel()
            self._on_end()
