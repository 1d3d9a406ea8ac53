"""Who is online where, over several processes, of which any may die; against the real Redis."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

import pytest
from django.conf import settings
from redis import Redis
from redis.asyncio import ConnectionPool

from chat import presence
from chat.presence import PROCESSES, Presence
from chat.tests.sockets import quick_story

Told = list[tuple[uuid.UUID, str, bool]]
ROOM = uuid.uuid4()


@pytest.fixture(autouse=True)
def redis() -> Redis:
    """A Redis that knows of nobody."""
    client = Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@contextlib.asynccontextmanager
async def process(told: Told) -> AsyncIterator[Presence]:
    """One process's part, whose announcements go into a list they all share."""
    found = Presence(lambda room_id, user_id, *, online: told.append((room_id, user_id, online)))
    found.start()
    try:
        yield found
    finally:
        await found.stop()


async def settled(*processes: Presence) -> None:
    await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        while any(one._dirty for one in processes):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)


@quick_story
async def test_the_first_socket_and_the_last_one_are_told_over_all_processes() -> None:
    told: Told = []
    async with process(told) as one, process(told) as other:
        one.enter(ROOM, "alice")
        one.enter(ROOM, "alice")
        await settled(one)
        other.enter(ROOM, "alice")
        other.enter(ROOM, "bob")
        await settled(other)
        assert told == [(ROOM, "alice", True), (ROOM, "bob", True)]
        assert await one.online(ROOM) == await other.online(ROOM) == {"alice", "bob"}
        told.clear()
        one.leave(ROOM, "alice")
        one.leave(ROOM, "alice")
        await settled(one)
        assert told == []
        other.leave(ROOM, "alice")
        await settled(other)
        assert told == [(ROOM, "alice", False)]
        # Coming and going at once is nothing at all.
        one.enter(ROOM, "alice")
        one.leave(ROOM, "alice")
        await settled(one)
        assert len(told) == 1
    assert told[1:] == [(ROOM, "bob", False)]


@quick_story
async def test_the_people_of_a_dead_process_go_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "BATCH", 2)
    told: Told = []
    rooms = [uuid.uuid4() for _ in range(5)]
    async with process(told) as lives, process(told) as helps, process(told) as dies:
        for room_id in rooms:
            dies.enter(room_id, "alice")
        dies.enter(ROOM, "bob")
        lives.enter(ROOM, "bob")
        await settled(dies, lives)
        told.clear()
        # Killed: it neither beats nor takes anything back.
        dies._stopping.set()
        await lives.beat()
        assert told == []
        await lives._redis.zadd(PROCESSES, {dies.process_id: 1})
        await asyncio.gather(lives.beat(), helps.beat())
        assert sorted(told, key=str) == sorted([(room_id, "alice", False) for room_id in rooms], key=str)
        assert await lives.online(rooms[0]) == set()
        assert await lives.online(ROOM) == {"bob"}
        assert await lives._redis.zscore(PROCESSES, dies.process_id) is None


@quick_story
async def test_a_process_that_was_only_slow_writes_itself_down_again() -> None:
    told: Told = []
    async with process(told) as slow, process(told) as other:
        slow.enter(ROOM, "alice")
        await settled(slow)
        await other._redis.zadd(PROCESSES, {slow.process_id: 1})
        await other.beat()
        assert told[-1] == (ROOM, "alice", False)
        await slow.beat()
        await settled(slow)
        assert told[-1] == (ROOM, "alice", True)
        assert await other.online(ROOM) == {"alice"}


@quick_story
async def test_a_redis_that_forgot_everything_is_told_again() -> None:
    told: Told = []
    async with process(told) as one, process(told) as other:
        one.enter(ROOM, "alice")
        other.enter(ROOM, "alice")
        await settled(one, other)
        await one._redis.flushdb()
        await one.beat()
        await other.beat()
        await settled(one, other)
        assert await one.online(ROOM) == {"alice"}
        one.leave(ROOM, "alice")
        await settled(one)
        assert await other.online(ROOM) == {"alice"}


@quick_story
async def test_without_redis_joining_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "RETRY_SECONDS", 0.05)
    told: Told = []
    async with process(told) as one:
        pool = one._redis.connection_pool
        one._redis.connection_pool = ConnectionPool.from_url("redis://127.0.0.1:9")
        one.enter(ROOM, "alice")
        await asyncio.sleep(0.02)
        assert await one.online(ROOM) == {"alice"}
        one._redis.connection_pool = pool
        async with asyncio.timeout(5):
            while not told:
                await asyncio.sleep(0.01)
        assert told == [(ROOM, "alice", True)]


def test_nothing_is_left_when_everybody_has_gone(redis: Redis) -> None:
    @quick_story
    async def come_and_go() -> None:
        async with process([]) as one:
            one.enter(ROOM, "alice")
            await settled(one)

    come_and_go()
    assert redis.keys("*") == []
