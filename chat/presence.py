"""Who is online in which room, over all processes: kept in Redis, and mended when a process or Redis itself dies.

Every process writes down which people it has in which rooms, and counts for each room how many processes have each
person. Both change in one script, so that the count follows from what is written down: doing it twice changes nothing.
A process that has not been heard of for `DEAD_SECONDS` is undone by whichever other one notices, a part at a time.
"""

import asyncio
import contextlib
import logging
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol, cast

from django.conf import settings
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
DEAD_SECONDS = 20.0
BATCH = 200
RETRY_SECONDS = 1.0
CONNECTIONS = 8

PREFIX = "lifestring:presence:"
PROCESSES = f"{PREFIX}processes"

# A place is "room user". Returns whether the person came online or went offline in the room by it.
_SET = f"""
local room, user = ARGV[2], ARGV[3]
local place, at, counts = room .. ' ' .. user, '{PREFIX}at:' .. ARGV[1], '{PREFIX}room:' .. room
if ARGV[4] == '1' then
    if redis.call('SADD', at, place) == 0 then return 0 end
    return redis.call('HINCRBY', counts, user, 1) == 1 and 1 or 0
end
if redis.call('SREM', at, place) == 0 then return 0 end
if redis.call('HINCRBY', counts, user, -1) > 0 then return 0 end
redis.call('HDEL', counts, user)
return 1
"""
# Says that a process lives. Returns whether it was known, and who has not been heard of.
_BEAT = f"""
local now = tonumber(redis.call('TIME')[1])
local added = redis.call('ZADD', '{PROCESSES}', now, ARGV[1])
return {{added, redis.call('ZRANGEBYSCORE', '{PROCESSES}', '-inf', now - tonumber(ARGV[2]))}}
"""
# Undoes part of what a dead process wrote down. Returns the places that are offline by it; nothing left ends it.
_BURY = f"""
local offline, at = {{}}, '{PREFIX}at:' .. ARGV[1]
for _, place in ipairs(redis.call('SPOP', at, {BATCH})) do
    local room, user = string.match(place, '^(%S+) (%S+)$')
    if redis.call('HINCRBY', '{PREFIX}room:' .. room, user, -1) <= 0 then
        redis.call('HDEL', '{PREFIX}room:' .. room, user)
        table.insert(offline, place)
    end
end
local left = redis.call('EXISTS', at)
if left == 0 then redis.call('ZREM', '{PROCESSES}', ARGV[1]) end
return {{left, offline}}
"""

Place = tuple[uuid.UUID, str]


class Announce(Protocol):
    """Tells a room of somebody's coming or going."""

    def __call__(self, room_id: uuid.UUID, user_id: str, *, online: bool) -> None: ...


class Presence:
    """This process's part of it.

    Args:
        announce: called for every change.

    Joining and leaving only mark a place; a task brings Redis up to date, many places at a time. Redis being away costs
    nothing but that others learn of it later.
    """

    def __init__(self, announce: Announce) -> None:
        self.process_id = uuid.uuid4().hex
        self._announce = announce
        self._sockets: Counter[Place] = Counter()
        self._dirty: set[Place] = set()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        # Whoever finds all connections in use waits: when a server comes back, all of its clients join at once.
        connections = BlockingConnectionPool.from_url(
            settings.REDIS_URL, max_connections=CONNECTIONS, timeout=2, socket_timeout=2.0, socket_connect_timeout=2.0
        )
        self._redis: Redis = Redis.from_pool(connections)
        self._set = self._redis.register_script(_SET)
        self._beat = self._redis.register_script(_BEAT)
        self._bury = self._redis.register_script(_BURY)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to keep Redis up to date."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._keep_up()), loop.create_task(self._keep_beating())]

    async def stop(self) -> None:
        """Take back what this process wrote down."""
        places = list(self._sockets)
        self._sockets.clear()
        self._mark(places)
        # Not cancelled: a connection given up in the middle of a command is never closed.
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            await self._bring_up_to_date()
            await self._redis.zrem(PROCESSES, self.process_id)
        await self._redis.aclose()

    # --- what sockets do ---

    def enter(self, room_id: uuid.UUID, user_id: str) -> None:
        """A socket of this person has joined the room."""
        self._sockets[room_id, user_id] += 1
        self._mark([(room_id, user_id)])

    def leave(self, room_id: uuid.UUID, user_id: str) -> None:
        """A socket of this person that had joined the room has left it."""
        self._sockets[room_id, user_id] -= 1
        if self._sockets[room_id, user_id] <= 0:
            del self._sockets[room_id, user_id]
        self._mark([(room_id, user_id)])

    async def online(self, room_id: uuid.UUID) -> set[str]:
        """The people who are online in a room; while Redis is away, those of this process."""
        here = {user_id for room, user_id in self._sockets if room == room_id}
        try:
            found = cast("list[bytes]", await self._redis.hkeys(f"{PREFIX}room:{room_id}"))
        except (RedisError, OSError):
            return here
        return here | {user_id.decode() for user_id in found}

    def _mark(self, places: Iterable[Place]) -> None:
        self._dirty.update(places)
        self._wake.set()

    # --- what Redis is told ---

    async def _keep_up(self) -> None:
        failing = False
        while not self._stopping.is_set():
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._bring_up_to_date()
                failing = False
            except (RedisError, OSError) as error:
                if not failing:
                    logger.warning("presence waits for Redis: %s", type(error).__name__)
                failing = True
                self._wake.set()
                await self._pause(RETRY_SECONDS)

    async def _bring_up_to_date(self) -> None:
        while self._dirty:
            batch = [self._dirty.pop() for _ in range(min(BATCH, len(self._dirty)))]
            present = [place in self._sockets for place in batch]
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for (room_id, user_id), is_here in zip(batch, present, strict=True):
                        arguments = [self.process_id, str(room_id), user_id, "1" if is_here else "0"]
                        await self._set(args=arguments, client=cast(Any, pipeline))
                    changed = await pipeline.execute()
            except BaseException:
                self._dirty.update(batch)
                raise
            for (room_id, user_id), is_here, change in zip(batch, present, changed, strict=True):
                if change:
                    self._announce(room_id, user_id, online=is_here)

    async def _keep_beating(self) -> None:
        while not self._stopping.is_set():
            # While Redis is away nothing can be told; afterwards the first beat finds out what it still knows.
            with contextlib.suppress(RedisError, OSError):
                await self.beat()
            await self._pause(BEAT_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def beat(self) -> None:
        """Say that this process lives, write everything down anew where that was forgotten, and bury the dead."""
        forgotten, dead = await self._beat(args=[self.process_id, DEAD_SECONDS])
        if forgotten:
            self._mark(self._sockets)
        for process in dead:
            left = 1
            while left:
                left, offline = await self._bury(args=[process.decode()])
                for place in offline:
                    room_id, _, user_id = place.decode().partition(" ")
                    self._announce(uuid.UUID(room_id), user_id, online=False)
