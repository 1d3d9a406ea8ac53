"""One room, 200 sockets on one process: how many frames a second reach them, and how long after the commit."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from channels.layers import get_channel_layer

from benchmarks import live_world
from benchmarks.processes import Server
from benchmarks.wire import Poster, Socket, open_socket
from chat.realtime import room_group

SOCKETS = live_world.LARGE
SECONDS = 4.0
# Messages that may be on their way at once: enough to keep a server busy, too few to overrun it.
WINDOW, WRITERS = 8, 4
STEADY, PER_SECOND = 5.0, 20
CONTENT = "What everybody in the room is to hear, of about the length that people write. " * 2

_CREATED, _JOINED, _AT = b'{"type":"message.created"', b'{"type":"room.joined"', b'"at":"'


class Speed(NamedTuple):
    """Frames that arrived: per second, and per second of processor time of the server that has the sockets."""

    per_second: float
    per_processor_second: float


@dataclass(frozen=True)
class Contestant:
    """A server with sockets, and a way to tell all of them something.

    Args:
        listen: the server.
        teller: makes a function that tells them one thing more, after the number (`seq`) that the room is at.
        joins: whether sockets join the room first.
    """

    listen: Server
    teller: Callable[[int], Callable[[], Awaitable[object]]]
    joins: bool = True


@dataclass
class Audience:
    """What the sockets got."""

    received: int = 0
    joined: int = 0
    seq: int = 0
    latencies: list[float] = field(default_factory=list)
    _moments: dict[bytes, float] = field(default_factory=dict)

    def count(self, _socket: Socket, text: bytes) -> None:
        """Count a frame."""
        if text.startswith(_CREATED):
            self.received += 1
        elif text.startswith(_JOINED):
            self.joined += 1
            self.seq = json.loads(text)["seq"]

    def time(self, socket: Socket, text: bytes) -> None:
        """Count a frame, and how long it took from the time it carries: the database's, taken before the commit."""
        self.count(socket, text)
        at = text.find(_AT)
        if at >= 0 and text.startswith(_CREATED):
            moment = text[at + len(_AT) : at + len(_AT) + 27]
            if moment not in self._moments:
                self._moments[moment] = datetime.fromisoformat(moment.decode()).timestamp()
            self.latencies.append(time.time() - self._moments[moment])

    async def until(self, done: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.received} received, {self.joined} joined")
            await asyncio.sleep(0.002)


async def deliveries(one: Contestant) -> Speed:
    """Tell as much as the sockets take."""
    audience = Audience()
    sockets = await _gather(one, audience)
    tell = one.teller(audience.seq)
    told, until = 0, time.perf_counter() + SECONDS

    def few_are_on_their_way() -> bool:
        return told * SOCKETS - audience.received <= WINDOW * SOCKETS

    async def go_on() -> None:
        nonlocal told
        while time.perf_counter() < until:
            await audience.until(few_are_on_their_way)
            told += 1
            await tell()

    used, started = one.listen.seconds(), time.perf_counter()
    await asyncio.gather(*(go_on() for _ in range(WRITERS)))
    await audience.until(lambda: audience.received == told * SOCKETS)
    elapsed, used = time.perf_counter() - started, one.listen.seconds() - used
    await _dismiss(sockets)
    return Speed(audience.received / elapsed, audience.received / used)


async def latencies(one: Contestant) -> list[float]:
    """Tell 20 things a second; returns what each delivery took, in order of length."""
    audience = Audience()
    sockets = await _gather(one, audience)
    tell = one.teller(audience.seq)
    for socket in sockets:
        socket.on_text = audience.time
    count, started = int(STEADY * PER_SECOND), time.perf_counter()
    for number in range(count):
        await asyncio.sleep(started + number / PER_SECOND - time.perf_counter())
        await tell()
    await audience.until(lambda: audience.received == count * SOCKETS)
    await _dismiss(sockets)
    return sorted(audience.latencies)


# --- ways to tell ---


def over_rest(server: Server) -> Callable[[int], Callable[[], Awaitable[bytes]]]:
    """Say it over REST: written, committed, broadcast."""
    path = f"/api/rooms/{live_world.room('large')}/messages"
    return _posts(server, path, lambda: json.dumps({"content": CONTENT}).encode())


def to_the_bare(server: Server, frame: bytes) -> Callable[[int], Callable[[], Awaitable[bytes]]]:
    """Post a captured frame to the bare broadcaster."""
    return _posts(server, "/", lambda: _stamped(frame))


def by_the_layer(frame: bytes) -> Callable[[int], Callable[[], Awaitable[None]]]:
    """Broadcast a captured frame, as a process that has just committed it does."""
    group, layer = room_group(live_world.room("large")), get_channel_layer()

    def teller(seq: int) -> Callable[[], Awaitable[None]]:
        async def tell() -> None:
            nonlocal seq
            seq += 1
            text = re.sub(rb'"seq":\d+', b'"seq":%d' % seq, _stamped(frame)).decode()
            message: dict[str, Any] = {"type": "forward", "group": group, "text": text}
            assert layer is not None  # noqa: S101 - a benchmark
            await layer.group_send(group, message)

        return tell

    return teller


def _posts(server: Server, path: str, body: Callable[[], bytes]) -> Callable[[int], Callable[[], Awaitable[bytes]]]:
    def teller(_seq: int) -> Callable[[], Awaitable[bytes]]:
        idle = [Poster(server.port, path, live_world.token(1)) for _ in range(WRITERS)]

        async def tell() -> bytes:
            poster = idle.pop()
            try:
                return await poster.post(body())
            finally:
                idle.append(poster)

        return tell

    return teller


def _stamped(frame: bytes) -> bytes:
    at = frame.find(_AT) + len(_AT)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return frame[:at] + now.encode() + frame[at + 27 :]


async def frame_of(server: Server) -> bytes:
    """Say something, and return it as its audience gets it."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    joined = asyncio.Event()

    def listen(_socket: Socket, text: bytes) -> None:
        if text.startswith(_JOINED):
            joined.set()
        elif text.startswith(_CREATED) and not heard.done():
            heard.set_result(text)

    socket = await open_socket(server.port, live_world.token(1), listen)
    socket.send(_join())
    await joined.wait()
    await over_rest(server)(0)()
    found = await heard
    await _dismiss([socket])
    return found


# --- sockets ---


async def _gather(one: Contestant, audience: Audience) -> list[Socket]:
    sockets: list[Socket] = []
    for begin in range(1, SOCKETS + 1, 20):
        opening = [open_socket(one.listen.port, live_world.token(n), audience.count) for n in range(begin, begin + 20)]
        sockets += await asyncio.gather(*opening)
    if one.joins:
        for socket in sockets:
            socket.send(_join())
        await audience.until(lambda: audience.joined == SOCKETS)
        # Those who joined are still being told of each other.
        await asyncio.sleep(1)
    return sockets


async def _dismiss(sockets: list[Socket]) -> None:
    closed = [socket.closed for socket in sockets if socket.closed]
    for socket in sockets:
        socket.close()
    await asyncio.sleep(0.5)
    if closed:
        raise RuntimeError(f"{len(closed)} sockets were closed: {closed[0]}")


def _join() -> bytes:
    return json.dumps({"type": "room.join", "room_id": str(live_world.room("large"))}).encode()
