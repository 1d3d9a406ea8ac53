"""The worlds that rows of the fault matrix are run in, each for as many rows as can share it."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
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
from lifestring.testing.faults.world import Ground, Outside, World
from lifestring.testing.pgbouncer import pooler

# What PostgreSQL and Redis take when they are new, and a little.
ROOM = "192m"


def run_rows(servers: ServerProcess, outside: Outside, seed: int, rows: Sequence[Row]) -> list[Result]:
    """Run rows, in their order; says what came of each at once."""
    _migrate()
    results = []
    for _, alike in groupby(rows, key=lambda row: (row.needs, row.variables)):
        together = list(alike)
        with _ground(servers, together[0]) as ground:
            results += asyncio.run(_run_together(ground, outside, seed, together))
    return results


async def _run_together(ground: Ground, outside: Outside, seed: int, rows: Sequence[Row]) -> list[Result]:
    results = []
    async with World(ground, outside, chance(seed, rows[0])) as world:
        for row in rows:
            world.rng = chance(seed, row)
            results.append(await run_row(world, row))
            _tell(results[-1])
    return results


def _migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()


@contextlib.contextmanager
def _ground(servers: ServerProcess, row: Row) -> Iterator[Ground]:
    if row.needs == "pooler":
        with pooler() as pool:
            yield Ground(servers, {**row.variables, "DATABASE_URL": pool.url}, pooler=pool)
    elif row.needs == "disk":
        with _little_room() as (others, room):
            _migrate()
            yield Ground(others, {**row.variables, "REDIS_URL": os.environ["REDIS_URL"]}, room=room)
    else:
        yield Ground(servers, dict(row.variables))


@contextlib.contextmanager
def _little_room() -> Iterator[tuple[ServerProcess, Path]]:
    """Servers on a disk of their own, of a size that is soon used up; this process's own, too, until the end."""
    folder = Path(tempfile.mkdtemp(prefix="lifestring-room-"))
    mount, umount = shutil.which("mount"), shutil.which("umount")
    options = ["-t", "tmpfs", "-o", f"size={ROOM},mode=711", "none", str(folder)]
    if not mount or not umount or subprocess.run([mount, *options], check=False).returncode:
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
        subprocess.run([umount, str(folder)], check=True)
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
    how = f"{result.acknowledged} acknowledged; {result.last} took {result.seconds or 0:.1f} s"
    print(f"{line}  ({how}; without an answer meanwhile: {', '.join(sorted(result.failed)) or 'nothing'})", flush=True)  # noqa: T201
    for name in ("lost", "duplicates", "wrong"):
        for sentence in getattr(result, name)[:10]:
            print(f"    {name}: {sentence}", flush=True)  # noqa: T201
