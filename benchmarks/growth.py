"""`make bench ARGS=growth`: how answer times grow from 50,000 strings to 1,000,000, each with all that goes with them.

Two databases of one PostgreSQL are seeded (`manage.py seed --scale`), given the optional indexes and served by a process
each. Every request goes to both in turn, so that what else the machine does falls on both; the ratio of each round is
taken within it, and the median of the rounds is printed. The server and its files go when the benchmark ends.

`--sizes=5000,50000` compares other sizes, `--only=search,likes` asks what has one of these in its name,
`--without-indexes` shows what the indexes bring, `--explain` prints how PostgreSQL runs the dearest statement of each
request that more than doubles. `--processor` counts the processor time of the server and its PostgreSQL processes, on
Linux, which what else the machine does changes less. The large database takes 3 GB of disk.
"""

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks.growth_requests import REQUESTS, Facts, Request, page_600, read_facts
from benchmarks.processes import PATIENT, UVICORN, Server, running

ROUNDS = 25
# The first rounds compile SQL and fill caches, and do not count.
WARM_UP = 2
# A request that takes longer than that is asked only so often.
LONG_MS, FEW = 1_000.0, 3
GOAL = 2.0
_BACKENDS = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass
class Side:
    """One database under measurement: its server and a connection to it, whose token asks, and the path of each request."""

    url: str
    server: Server
    database: psycopg.Connection
    client: http.client.HTTPConnection
    token: str
    paths: dict[str, str]

    def get(self, path: str) -> bytes:
        """Ask, and return the body of a success."""
        self.client.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer = self.client.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        return body

    def timed(self, path: str, *, processor: bool) -> float:
        """Ask, and return the milliseconds until the answer was there, or those of processor time it took."""
        before = self._used() if processor else time.perf_counter()
        self.get(path)
        return ((self._used() if processor else time.perf_counter()) - before) * 1000

    def _used(self) -> float:
        """The seconds of processor time that the server's threads and its PostgreSQL processes have used so far."""
        processes = [self.server.process.pid, *(pid for (pid,) in self.database.execute(_BACKENDS))]
        threads = [thread for pid in processes for thread in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def run(arguments: list[str]) -> None:
    """Seed, measure and print the table."""
    given = next((one.partition("=")[2] for one in arguments if one.startswith("--sizes=")), "50000,1000000")
    sizes = [int(size) for size in given.split(",")]
    only = next((one.partition("=")[2].split(",") for one in arguments if one.startswith("--only=")), [""])
    asked = [request for request in REQUESTS if any(part in request.name for part in only)]
    base = os.environ["DATABASE_URL"]
    urls = [_prepared(base, size, indexes="--without-indexes" not in arguments) for size in sizes]
    # Only for what signs tokens; the databases are served by processes of their own.
    os.environ |= {"DJANGO_SETTINGS_MODULE": "lifestring.settings", "LOG_LEVEL": "WARNING"}
    import django

    django.setup()
    with ExitStack() as stack:
        sides = [stack.enter_context(_side(url, asked)) for url in urls]
        times = measure(sides, processor="--processor" in arguments)
        _print(sizes, times)
        if "--explain" in arguments:
            for name in slow(times):
                _explain(name, sides[-1])


def _prepared(base: str, size: int, *, indexes: bool) -> str:
    """Make a database of so many strings in the server behind `base`; returns its address."""
    name = f"growth_{size}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(base)._replace(path=f"/{name}"))
    commands = [["migrate", "--no-input", "-v", "0"], ["seed", f"--scale={size}"]]
    for command in [*commands, ["create_indexes"]] if indexes else commands:
        subprocess.run([sys.executable, "manage.py", *command], env={**os.environ, "DATABASE_URL": url}, check=True)
    return url


@contextmanager
def _side(url: str, asked: list[Request]) -> Iterator[Side]:
    """Serve a database, and find out what to ask there."""
    from lifestring.testing.people import make_token

    facts = read_facts(url)
    with (
        running({"web": [*UVICORN, *PATIENT, "lifestring.asgi:application"]}, DATABASE_URL=url) as servers,
        psycopg.connect(url, autocommit=True) as database,
    ):
        client = http.client.HTTPConnection("127.0.0.1", servers["web"].port, timeout=120)
        side = Side(url, servers["web"], database, client, make_token(facts.caller), {})
        side.paths = {request.name: _path(side, facts, request) for request in asked}
        yield side


def _path(side: Side, facts: Facts, request: Request) -> str:
    path = facts.fill(request.path)
    return page_600(side.get, path) if request.deep else path


def measure(sides: list[Side], *, processor: bool = False) -> dict[str, list[list[float]]]:
    """Return, by request, the milliseconds of each round on each side."""
    times: dict[str, list[list[float]]] = {name: [] for name in sides[0].paths}
    for turn in range(ROUNDS + WARM_UP):
        for name, rounds in times.items():
            if len(rounds) >= FEW and max(rounds[-1]) > LONG_MS:
                continue
            order = sides if turn % 2 else sides[::-1]
            took = {id(side): side.timed(side.paths[name], processor=processor) for side in order}
            if turn >= WARM_UP:
                rounds.append([took[id(side)] for side in sides])
    return times


def _explain(name: str, side: Side) -> None:
    command = [sys.executable, "-m", "benchmarks.explain", name, side.paths[name], side.token]
    subprocess.run(command, env={**os.environ, "DATABASE_URL": side.url}, check=True)


def ratio(rounds: list[list[float]]) -> float:
    """Return how many times longer the larger side took."""
    return statistics.median(took[-1] / took[0] for took in rounds)


def slow(times: dict[str, list[list[float]]]) -> list[str]:
    """Return the names of the requests that miss the goal."""
    return [name for name, rounds in times.items() if ratio(rounds) > GOAL]


def _print(sizes: list[int], times: dict[str, list[list[float]]]) -> None:
    heads = "".join(f"{f'{size:,} ms':>15}" for size in sizes)
    print(f"\n{'request':44}{heads}{'ratio':>9}")
    for name, rounds in times.items():
        middle = [statistics.median(took[place] for took in rounds) for place in range(len(sizes))]
        print(f"{name:44}{''.join(f'{one:15.1f}' for one in middle)}{ratio(rounds):9.2f}")
