"""The worlds that rows of the fault matrix are run in, each for as many rows as can share it."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

import environ
from django.core.management import call_command
from django.db import connection, connections

from lifestring.local.processes import LocalError
from lifestring.testing.environment import ServerProcess
from lifestring.testing.faults.page import table
from lifestring.testing.faults.rows import Row
from lifestring.testing.faults.running import Result, chance, run_row
from lifestring.testing.faults.world import Outside, World
from lifestring.testing.pgbouncer import pooler

# What PostgreSQL and Redis take when they are new, and a little.
ROOM = "192m"


async def run_rows(servers: ServerProcess, outside: Outside, seed: int, rows: Sequence[Row]) -> list[Result]:
    """Run rows, in their order; says what came of each at once."""
    await asyncio.to_thread(_migrate)
    results = []
    for _, alike in groupby(rows, key=lambda row: (row.needs, row.variables)):
        together = list(alike)
        async with _stage(servers, outside, together[0]) as world:
            for row in together:
                world.rng = chance(seed, row)
                result = await run_row(world, row)
                results.append(result)
                _tell(result)
    return results


def _migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()


@contextlib.asynccontextmanager
async def _stage(servers: ServerProcess, outside: Outside, row: Row) -> AsyncIterator[World]:
    """The world that a row needs."""
    variables, rng = dict(row.variables), chance(0, row)
    with ExitStack() as stack:
        pool = room = None
        if row.needs == "pooler":
            pool = stack.enter_context(pooler())
            variables["DATABASE_URL"] = pool.url
        if row.needs == "disk":
            servers, room = stack.enter_context(_little_room())
            await asyncio.to_thread(_migrate)
        async with World(servers, outside, rng, variables=variables, room=room, pooler=pool) as world:
            yield world


@contextlib.contextmanager
def _little_room() -> Iterator[tuple[ServerProcess, Path]]:
    """Servers on a disk of their own, of a size that is soon used up; this process's own, too, until the end."""
    folder = Path(tempfile.mkdtemp(prefix="lifestring-room-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=711", "none", str(folder)], check=False)
    if mounted.returncode:
        folder.rmdir()
        raise LocalError("A full disk needs a disk of its own, and mounting one needs root.")
    servers, before = ServerProcess(), {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    try:
        urls = servers.start("postgres", "redis", "durable", folder=folder)
        _use({"DATABASE_URL": urls["database_url"], "REDIS_URL": urls["redis_url"]})
        yield servers, folder
    finally:
        servers.stop()
        _use(before)
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def _use(urls: dict[str, str]) -> None:
    """Have this process use another database from here on."""
    os.environ |= urls
    given: dict[str, Any] = environ.Env.db_url_config(urls["DATABASE_URL"])
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict.update({name: given[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")})


def _tell(result: Result) -> None:
    line = table([result]).splitlines()[-1]
    how = f"  ({result.acknowledged} acknowledged; {result.last} took {result.seconds or 0:.1f} s)"
    print(line + how, flush=True)  # noqa: T201
    for name in ("lost", "duplicates", "wrong"):
        for sentence in getattr(result, name)[:10]:
            print(f"    {name}: {sentence}", flush=True)  # noqa: T201
