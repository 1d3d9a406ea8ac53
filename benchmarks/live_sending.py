"""Saying things on sockets, each after the answer to the one before: how many a second are acknowledged."""

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from django.conf import settings
from django.db import connection
from redis import Redis

from benchmarks import live_world
from benchmarks.processes import Server
from benchmarks.wire import Socket, open_socket

SECONDS = 6.0
# Just below what one socket may send.
PAUSE = 1 / 19
CONTENT = "What people write in a room, at about this length, to the others."


@dataclass(frozen=True)
class Sending:
    """What was measured.

    Args:
        per_second: messages acknowledged.
        p50, p99: milliseconds from sending to the acknowledgement.
        refused: how many were answered with an error.
        cores: processor time per second by who used it.
    """

    per_second: float
    p50: float
    p99: float
    refused: int
    cores: dict[str, float]


class _Speaker:
    def __init__(self, room_id: uuid.UUID) -> None:
        self.room_id = str(room_id)
        self.latencies: list[float] = []
        self.refused = 0
        self._answered: asyncio.Future[bool] | None = None
        self._joined = asyncio.Event()

    def listen(self, _socket: Socket, text: bytes) -> None:
        if text.startswith((b'{"type":"ok"', b'{"type":"error"')):
            if self._answered is not None and not self._answered.done():
                self._answered.set_result(text.startswith(b'{"type":"ok"'))
        elif text.startswith(b'{"type":"room.joined"'):
            self._joined.set()

    async def come(self, port: int, token: str) -> None:
        self.socket = await open_socket(port, token, self.listen)
        self.socket.send(json.dumps({"type": "room.join", "room_id": self.room_id}).encode())
        await self._joined.wait()

    async def speak(self, until: float) -> None:
        frame = {"type": "message.send", "room_id": self.room_id, "content": CONTENT}
        while (sent := time.perf_counter()) < until:
            self._answered = asyncio.get_running_loop().create_future()
            self.socket.send(json.dumps({**frame, "id": str(uuid.uuid4())}).encode())
            if await asyncio.wait_for(self._answered, 20):
                self.latencies.append(time.perf_counter() - sent)
            else:
                self.refused += 1
            await asyncio.sleep(max(0.0, sent + PAUSE - time.perf_counter()))


async def measure(servers: Sequence[Server], people: Sequence[tuple[int, uuid.UUID]]) -> Sending:
    """Have people say things in rooms, divided over the servers."""
    speakers = [_Speaker(room_id) for _, room_id in people]
    for at, (speaker, (number, _)) in enumerate(zip(speakers, people, strict=True)):
        await speaker.come(servers[at % len(servers)].port, live_world.token(number))
    await asyncio.sleep(1)
    before, started = await asyncio.to_thread(_cores, servers), time.perf_counter()
    await asyncio.gather(*(speaker.speak(started + SECONDS) for speaker in speakers))
    elapsed = time.perf_counter() - started
    after = await asyncio.to_thread(_cores, servers)
    for speaker in speakers:
        speaker.socket.close()
    latencies = sorted(latency * 1000 for speaker in speakers for latency in speaker.latencies)
    return Sending(
        per_second=len(latencies) / elapsed,
        p50=latencies[len(latencies) // 2],
        p99=latencies[int(len(latencies) * 0.99)],
        refused=sum(speaker.refused for speaker in speakers),
        cores={name: (after[name] - before[name]) / elapsed for name in after},
    )


def in_one_room() -> list[tuple[int, uuid.UUID]]:
    """Return 20 people of one room."""
    return [(number, live_world.room("small")) for number in range(1, live_world.SMALL + 1)]


def in_fifty_rooms() -> list[tuple[int, uuid.UUID]]:
    """Return two people of each of 50 rooms, each on a server of their own."""
    firsts = range(1, 50 * live_world.PEOPLE_PER_ROOM, live_world.PEOPLE_PER_ROOM)
    return [(number, live_world.room_of(number)) for first in firsts for number in (first, first + 1)]


def _cores(servers: Sequence[Server]) -> dict[str, float]:
    """Processor seconds used so far, by whom; the machine's other programs are what is left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    postmaster = psutil.Process(backend).parent()
    with Redis.from_url(settings.REDIS_URL) as client:
        redis = psutil.Process(client.info("server")["process_id"])
    found = {
        "servers": sum(server.seconds() for server in servers),
        "PostgreSQL": sum(map(_seconds, postmaster.children() if postmaster else [])),
        "Redis": _seconds(redis),
        "load": _seconds(psutil.Process()),
    }
    times = psutil.cpu_times()
    found["others"] = times.user + times.system + times.nice - sum(found.values())
    return found


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
