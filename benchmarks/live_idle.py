"""2,000 sockets that have joined a room and say nothing: what they hold, and what watching over them costs."""

import asyncio
import json
import time
from dataclasses import dataclass

from benchmarks import live_world
from benchmarks.processes import Server
from benchmarks.wire import Socket, open_socket

SOCKETS, FIRST = 2_000, 20
SECONDS = 20.0
BATCH = 20


@dataclass(frozen=True)
class Idle:
    """What was measured.

    Args:
        kib_per_socket: resident memory of the server.
        share_of_core: of the processor, over all that the process does.
    """

    kib_per_socket: float
    share_of_core: float


async def measure(server: Server, *, compressed: bool = False) -> Idle:
    """Open the sockets and watch them."""
    joined = 0

    def listen(_socket: Socket, text: bytes) -> None:
        nonlocal joined
        # Compressed, nothing is read of it: one answer of some length comes for each join.
        joined += text.startswith(b'{"type":"room.joined"') or (compressed and len(text) > 300)

    async def come(number: int) -> Socket:
        socket = await open_socket(server.port, live_world.token(number), listen, compressed=compressed)
        room_id = str(live_world.room_of(number))
        socket.send(json.dumps({"type": "room.join", "room_id": room_id}).encode())
        return socket

    sockets: list[Socket] = []
    before = 0
    for begin in range(1, SOCKETS + 1, BATCH):
        sockets += await asyncio.gather(*map(come, range(begin, begin + BATCH)))
        while joined < len(sockets):
            await asyncio.sleep(0.01)
        if len(sockets) == FIRST:
            before = server.memory()
    # Presence is still being told.
    await asyncio.sleep(8)
    grown = server.memory() - before
    used, started = server.seconds(), time.monotonic()
    await asyncio.sleep(SECONDS)
    share = (server.seconds() - used) / (time.monotonic() - started)
    closed = [socket.closed for socket in sockets if socket.closed]
    for socket in sockets:
        socket.close()
    if closed:
        raise RuntimeError(f"{len(closed)} sockets were closed: {closed[0]}")
    return Idle(grown / (SOCKETS - FIRST) / 1024, share)
