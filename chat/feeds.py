"""One room's log on its way to the sockets of this process: in order, without a hole, whatever the channel layer loses.

Nothing here knows Redis or the database; what fills a hole is given (docs/decisions/017-live.md).
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lifestring.rendering import dumps
from lifestring.telemetry.metrics import FILLED

logger = logging.getLogger(__name__)

# Commits of one moment overtake each other on their way; only what stays away this long is asked for.
GRACE_SECONDS = 0.05
PAGE = 500
MAX_FILLED = 5_000
MAX_PENDING = 1_000
MAX_HELD = 1_000
GIVE_UP_SECONDS = 20.0
TYPING_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log as a frame.

    Args:
        seq: its number.
        text: the frame.
        removed: who left the room by it, if anybody did.
    """

    seq: int
    text: str
    removed: str | None = None


class Listener(Protocol):
    """What a feed knows of a socket."""

    user_id: str

    def push(self, text: str) -> None:
        """Send a frame."""

    def answer(self, text: str) -> None:
        """Send an answer."""

    def resync(self) -> None:
        """Close the socket, which cannot be kept complete."""


@dataclass(slots=True)
class Seat:
    """A socket's place in a feed.

    Args:
        begin: how far the feed was when it began to hold frames back; None where that was not known yet.
        held: the frames since; None once the socket is joined.
        after: frames up to this one are not for it.
        joined_at: which join it was, counted over the whole process.
    """

    begin: int | None
    held: list[Event] | None = field(default_factory=list)
    after: int = 0
    joined_at: int = 0


# The log after a number up to another one, in order; None where some of it is not there any more.
Load = Callable[[uuid.UUID, int, int], Awaitable[Sequence[Event] | None]]


class Feed:
    """What happens in one room.

    Args:
        room_id: the room.
        load: reads the log.
        on_leave: told of each listener the feed lets go by itself.

    A socket joins in two steps: `hold` before the room is read, `attach` with the position of what was read. In between,
    frames are kept for it, so that it gets each one after that position, whenever it comes.
    """

    def __init__(self, room_id: uuid.UUID, load: Load, on_leave: Callable[["Feed", Listener], None]) -> None:
        self.room_id = room_id
        self.seq: int | None = None
        self.seats: dict[Listener, Seat] = {}
        self._load = load
        self._on_leave = on_leave
        self._latest = 0
        self._pending: dict[int, Event] = {}
        self._filling: asyncio.Task[None] | None = None
        self._typing: dict[str, asyncio.TimerHandle] = {}

    # --- sockets ---

    def hold(self, listener: Listener) -> None:
        """Keep from here on what happens for a socket that is about to join, or to join again."""
        self.seats[listener] = Seat(begin=self.seq)

    def attach(self, listener: Listener, position: int, joined_at: int, greeting: str) -> bool:
        """Let a socket in: the greeting, then all that happened after `position`.

        Returns False where the frames held do not reach back to it, or were too many; read again then.
        """
        seat = self.seats[listener]
        if self.seq is None:
            self._start(position)
        if seat.held is None or len(seat.held) > MAX_HELD or position < (seat.begin or 0):
            self.hold(listener)
            return False
        listener.answer(greeting)
        held, seat.held, seat.after, seat.joined_at = seat.held, None, position, joined_at
        for event in held:
            if listener in self.seats:
                self._give(listener, seat, event)
        self._drain()
        self.behind(position)
        return True

    def detach(self, listener: Listener) -> None:
        """Let a socket go."""
        self.seats.pop(listener, None)

    def joined(self, listener: Listener) -> bool:
        """Whether a socket gets what happens."""
        seat = self.seats.get(listener)
        return seat is not None and seat.held is None

    def close(self) -> None:
        """Stop whatever the feed has under way."""
        if self._filling is not None:
            self._filling.cancel()
        for timer in self._typing.values():
            timer.cancel()

    def _start(self, position: int) -> None:
        self.seq = position
        for seat in self.seats.values():
            seat.begin = position
        self._pending = {seq: event for seq, event in self._pending.items() if seq > position}

    # --- the log ---

    def receive(self, event: Event) -> None:
        """Take an entry from the channel layer: late, twice, or too early, as it may come."""
        self._latest = max(self._latest, event.seq)
        if self.seq is not None and event.seq <= self.seq:
            return
        # What is too much here is in the log all the same.
        if len(self._pending) < MAX_PENDING or event.seq - 1 == self.seq:
            self._pending[event.seq] = event
        self._drain()

    def behind(self, position: int) -> None:
        """Learn how far the log has come."""
        self._latest = max(self._latest, position)
        self._drain()

    def _drain(self) -> None:
        if self.seq is None:
            return
        while (event := self._pending.pop(self.seq + 1, None)) is not None:
            self._deliver(event)
        if self.seq < self._latest and self._filling is None:
            self._filling = asyncio.get_running_loop().create_task(self._fill())

    def _deliver(self, event: Event) -> None:
        self.seq = event.seq
        for listener, seat in list(self.seats.items()):
            if seat.held is None:
                self._give(listener, seat, event)
            elif len(seat.held) <= MAX_HELD:
                seat.held.append(event)

    def _give(self, listener: Listener, seat: Seat, event: Event) -> None:
        if event.seq <= seat.after:
            return
        listener.push(event.text)
        if event.removed == listener.user_id:
            self._let_go(listener)

    def _let_go(self, listener: Listener) -> None:
        if self.seats.pop(listener, None) is not None:
            self._on_leave(self, listener)

    # --- holes ---

    async def _fill(self) -> None:
        """Wait for a moment, then read what is missing from the log; what cannot be had closes the sockets."""
        try:
            await asyncio.sleep(GRACE_SECONDS)
            if not await self._filled():
                logger.warning("room %s cannot be filled from %s; its sockets start over", self.room_id, self.seq)
                self.resync()
        finally:
            self._filling = None
        self._drain()

    async def _filled(self) -> bool:
        """Whether everything up to the newest known number was delivered."""
        filled, pause, loop = 0, 0.1, asyncio.get_running_loop()
        deadline = loop.time() + GIVE_UP_SECONDS
        while self.seq is not None and self.seq < self._latest:
            try:
                events = await self._load(self.room_id, self.seq, min(self._latest, self.seq + PAGE))
            except Exception as error:
                if loop.time() > deadline:
                    return False
                logger.warning("the log of room %s cannot be read: %s", self.room_id, type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)
                continue
            filled += len(events or ())
            FILLED.inc(len(events or ()))
            if not events or filled > MAX_FILLED or not self._take(events):
                return False
        return True

    def _take(self, events: Sequence[Event]) -> bool:
        """Deliver what the log holds; False where the log itself has a hole."""
        for event in events:
            # Some of it may have come by itself while the log was read.
            if event.seq == (self.seq or 0) + 1:
                self._pending.pop(event.seq, None)
                self._deliver(event)
            elif event.seq > (self.seq or 0):
                return False
        while (pending := self._pending.pop((self.seq or 0) + 1, None)) is not None:
            self._deliver(pending)
        return True

    def resync(self) -> None:
        """Close every socket of the room: with `since` they find out what is left to know."""
        for listener in list(self.seats):
            self._let_go(listener)
            listener.resync()

    # --- beside the log ---

    def remove(self, user_id: str, text: str, *, joined_before: int) -> None:
        """Let a person's sockets go, with a frame that says so: those of joins before this one (`Seat.joined_at`)."""
        for listener, seat in list(self.seats.items()):
            if listener.user_id == user_id and seat.held is None and seat.joined_at < joined_before:
                listener.push(text)
                self._let_go(listener)

    def relay(self, text: str, *, but_not: str | None = None) -> None:
        """Pass on what is not in the log, to all who joined but this person."""
        for listener, seat in list(self.seats.items()):
            if seat.held is None and listener.user_id != but_not:
                listener.push(text)

    def typing(self, user_id: str, *, active: bool) -> None:
        """Pass on that somebody types; it ends by itself, also where the end is lost or their process died."""
        timer = self._typing.pop(user_id, None)
        if timer is not None:
            timer.cancel()
        if active:
            loop = asyncio.get_running_loop()
            self._typing[user_id] = loop.call_later(TYPING_SECONDS, lambda: self.typing(user_id, active=False))
        if active or timer is not None:
            frame = {"type": "typing", "room_id": self.room_id, "user_id": user_id, "active": active}
            self.relay(dumps(frame).decode(), but_not=user_id)

    def end(self, text: str) -> None:
        """Tell everybody that the room is gone, and let them go."""
        self.relay(text)
        for listener in list(self.seats):
            self._let_go(listener)
