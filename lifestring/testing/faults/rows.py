"""The rows of the fault matrix: what breaks, for how long, and from when on recovering is measured."""

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg

from lifestring.testing.faults.world import SHIFTED, World
from lifestring.testing.openai_server import GARBAGE, failure
from lifestring.testing.openai_wire import Reply

AWAY_SECONDS = 1.0
PAUSED_SECONDS = 6.0
OUTSIDE_SECONDS = 5.0
# A connection of the pool is waited for for ten.
HELD_SECONDS = 13.0
CLOCK_SECONDS = 300
RESERVE_MIB = 200
# The stage of a row beside PostgreSQL and Redis.
Needs = Literal["", "pooler", "disk"]
# Breaks it, mends it, and returns when it was over, by `time.monotonic`.
Fault = Callable[[World], Coroutine[Any, Any, float]]


@dataclass(frozen=True)
class Row:
    """A row.

    Args:
        name: how it is asked for.
        title: what the table calls it.
        fault: what happens.
        needs: what the world has beyond the usual.
        variables: of the product's environment.
    """

    name: str
    title: str
    fault: Fault
    needs: Needs = ""
    variables: dict[str, str] = field(default_factory=dict)


async def kill_web(world: World) -> float:
    """One of two web processes dies with all that it was doing."""
    await world.kill_web()
    return time.monotonic()


def kill_job(name: str) -> Fault:
    """The worker or the scheduler dies."""

    async def fault(world: World) -> float:
        await world.kill_job(name)
        return time.monotonic()

    return fault


def restart(name: str) -> Fault:
    """Redis or PostgreSQL stops, and comes back a moment later; Redis then knows nothing."""

    async def fault(world: World) -> float:
        await world.order(f"stop {name}")
        await asyncio.sleep(AWAY_SECONDS)
        await world.order(f"start {name}")
        return time.monotonic()

    return fault


def pause(name: str) -> Fault:
    """Redis or PostgreSQL stands still: it takes connections, and answers nothing."""

    async def fault(world: World) -> float:
        with world.paused(name):
            await asyncio.sleep(PAUSED_SECONDS)
        return time.monotonic()

    return fault


async def exhaust_the_pool(world: World) -> float:
    """Somebody locks a table that most requests need, until those hold all connections and the others wait in vain."""
    client = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"])
    try:
        await client.execute("LOCK TABLE public.strings IN ACCESS EXCLUSIVE MODE")
        await asyncio.sleep(HELD_SECONDS)
    finally:
        await client.close()
    return time.monotonic()


async def restart_the_pooler(world: World) -> float:
    """PgBouncer stops, with every connection through it, and comes back."""
    assert world.pooler is not None
    await asyncio.to_thread(world.pooler.stop)
    await asyncio.sleep(AWAY_SECONDS)
    await asyncio.to_thread(world.pooler.start)
    return time.monotonic()


async def _with_a_newcomer(world: World) -> None:
    """Besides those that know the keys there is a web process that has never seen them."""
    await world.kill_web()
    await world.until_web_is_whole()
    await asyncio.sleep(OUTSIDE_SECONDS / 2)


async def lose_the_keys(world: World) -> float:
    """Nobody answers where the signing keys are published."""
    world.outside.keys.close()
    await _with_a_newcomer(world)
    world.outside.keys.open()
    return time.monotonic()


async def garble_the_keys(world: World) -> float:
    """What is published there is no key set."""
    keys = world.outside.keys
    keys.answer = (200, b"<!doctype html><title>Welcome</title>")
    await _with_a_newcomer(world)
    for answer in ((500, b"{}"), (200, b'{"keys": [{"kid": "fir')):
        keys.answer = answer
        await asyncio.sleep(OUTSIDE_SECONDS / 2)
    keys.answer = None
    return time.monotonic()


async def rotate_the_keys(world: World) -> float:
    """The project signs with a new key, all of a sudden, just after tokens with unknown keys were tried."""
    await world.try_unknown_keys()
    world.outside.signer.rotate()
    return time.monotonic()


async def lose_auth(world: World) -> float:
    """Nobody answers where people sign in."""
    world.outside.auth.close()
    await asyncio.sleep(OUTSIDE_SECONDS)
    world.outside.auth.open()
    return time.monotonic()


async def lose_the_model(world: World) -> float:
    """Nobody answers where the model is."""
    world.outside.close_models()
    await asyncio.sleep(OUTSIDE_SECONDS)
    world.outside.open_models()
    return time.monotonic()


async def slow_the_model(world: World) -> float:
    """The model takes several seconds for everything."""
    models = world.outside.models
    models.delay = 4.0
    models.chat.token_delay = 0.7
    await asyncio.sleep(OUTSIDE_SECONDS)
    models.delay = models.chat.token_delay = 0.0
    return time.monotonic()


async def cut_the_model_off(world: World) -> float:
    """The model's answers break off, are half an answer, or none."""
    models = world.outside.models
    answers = [GARBAGE, Reply(200, b'data: {"choices": [{"delta": {"content": "Wel'), failure(500)]
    ends = time.monotonic() + OUTSIDE_SECONDS
    while time.monotonic() < ends:
        models.replies = [*answers]
        models.chat.say("Welcome to this, which goes no further", cut_after=2)
        await asyncio.sleep(0.2)
    models.replies, models.chat.script = [], []
    return time.monotonic()


async def fill_the_disk(world: World) -> float:
    """There is no room left where PostgreSQL and Redis write; then there is, and what gave up is started again."""
    assert world.room is not None
    with _filled(world.room / "filler"):
        await asyncio.to_thread(_write_on)
        await asyncio.sleep(PAUSED_SECONDS)
    ended = time.monotonic()
    for name in ("postgres", "redis"):
        await world.order(f"start {name}")
    return ended


def _write_on() -> None:
    """Use up what PostgreSQL has in reserve for its log; without that it gives up."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as client:
        for _ in range(RESERVE_MIB):
            client.execute("SELECT pg_logical_emit_message(true, 'filler', repeat('x', 1 << 20))")


@contextlib.contextmanager
def _filled(filler: Path) -> Iterator[None]:
    with filler.open("wb", buffering=0) as stream:
        # By smaller and smaller pieces, to the last byte.
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    stream.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    try:
        yield
    finally:
        filler.unlink()


def shift_the_clock(seconds: int) -> Fault:
    """One of two web processes has another time than everybody else."""

    async def fault(world: World) -> float:
        usual = world.next_web
        world.next_web = (SHIFTED, {"CLOCK_SHIFT": str(seconds)})
        await world.kill_web()
        await world.until_web_is_whole()
        world.next_web = usual
        await asyncio.sleep(OUTSIDE_SECONDS)
        await world.kill_newest_web()
        return time.monotonic()

    return fault


ROWS: tuple[Row, ...] = (
    Row("web-kill", "one of two web processes killed (`kill -9`)", kill_web),
    Row("worker-kill", "worker killed (`kill -9`)", kill_job("worker")),
    Row("scheduler-kill", "scheduler killed (`kill -9`)", kill_job("scheduler")),
    Row("redis-restart", "Redis restarted, and empty", restart("redis")),
    Row("redis-pause", "Redis stands still", pause("redis")),
    Row("postgres-restart", "PostgreSQL restarted", restart("postgres")),
    Row("postgres-pause", "PostgreSQL stands still", pause("postgres")),
    Row(
        "pool-exhausted",
        "every pooled connection taken",
        exhaust_the_pool,
        variables={"DATABASE_POOL_MAX": "3", "REST_THREADS": "2", "SOCKET_THREADS": "1"},
    ),
    Row(
        "pooler-restart",
        "PgBouncer restarted",
        restart_the_pooler,
        needs="pooler",
        variables={"DATABASE_POOL_MODE": "transaction"},
    ),
    Row("jwks-down", "signing keys: nobody answers", lose_the_keys),
    Row("jwks-wrong", "signing keys: nonsense", garble_the_keys),
    Row("jwks-rotated", "signing keys: a new one, unannounced", rotate_the_keys),
    Row("auth-down", "Supabase Auth: nobody answers", lose_auth),
    Row("openai-down", "OpenAI: nobody answers", lose_the_model),
    Row("openai-slow", "OpenAI: slow", slow_the_model),
    Row("openai-cut", "OpenAI: answers break off", cut_the_model_off),
    Row("disk-full", "disk of PostgreSQL and Redis full", fill_the_disk, needs="disk"),
    Row("clock-ahead", "one web process's clock 5 minutes ahead", shift_the_clock(CLOCK_SECONDS)),
    Row("clock-behind", "one web process's clock 5 minutes behind", shift_the_clock(-CLOCK_SECONDS)),
)
