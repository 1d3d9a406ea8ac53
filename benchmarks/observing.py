"""`make bench ARGS=observing`: what limits and being seen cost, as a part of the feed's throughput.

One server has limits, JSON log lines, metrics shared between processes and error reporting on, as in production; the
other has none of it. Short rounds of both take turns, each time in the other order, so that what else the machine does
falls on both; the ratio of each round is taken within it. On a busy machine the processor time of the server for each
request says more than the throughput, so that is printed as well. `--rounds=24` makes more of them.
"""

import os
import re
import statistics
import tempfile
from hashlib import md5
from pathlib import Path
from uuid import UUID

from benchmarks import feed, plans, world
from benchmarks.processes import UVICORN, Server, start
from lifestring.testing.people import make_token

ROUNDS = 12
SECONDS = 2.0
ON, OFF = "seen and limited", "neither"
# Nobody is refused, and tokens are fetched as many at a time as by the limits that are set without a word.
LIMITS = '{"read": "600/1", "address": "3000/1"}'
# Requests a second, and milliseconds of the processor for each.
Seen = tuple[float, float]


def run(arguments: list[str]) -> None:
    """Measure and print the table."""
    given = re.search(r"--rounds=(\d+)", " ".join(arguments))
    world.build()
    with tempfile.TemporaryDirectory() as folder:
        table = _measure(Path(folder), int(given[1]) if given else ROUNDS)
    print(f"\n{'route':24} {'of':24} {OFF:>10} {ON:>18} {'cost':>7}  quartiles; load {os.getloadavg()[0]:.1f}")
    for name, rounds in table.items():
        for what, place in (("requests a second", 0), ("processor ms a request", 1)):
            sides = [(on[place], off[place]) for on, off in rounds]
            costs = [100 * (1 - (off / on if place else on / off)) for on, off in sides]
            low, middle, high = statistics.quantiles(costs, n=4)
            on, off = (statistics.median(side) for side in zip(*sides, strict=True))
            print(f"{name:24} {what:24} {off:10.2f} {on:18.2f} {middle:6.1f}%  {low:.1f}% to {high:.1f}%")


def _measure(folder: Path, rounds: int) -> dict[str, list[tuple[Seen, Seen]]]:
    """What both did, by route and round."""
    lines = folder / "lines"
    variables = {
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "RATE_LIMITS": LIMITS,
        "METRICS_TOKEN": "a-token-for-a-benchmark",
        # Nothing goes wrong, so nothing is sent there.
        "SENTRY_DSN": "http://key@127.0.0.1:9/1",
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
    }
    servers: dict[str, Server] = {}
    try:
        with lines.open("wb") as file:
            servers[ON] = start([*UVICORN, "lifestring.asgi:application"], stderr=file, **variables)
        servers[OFF] = start([*UVICORN, "benchmarks.unobserved:application"], RATE_LIMITS="off")
        found = {
            name: [_round(route, number, servers) for number in range(rounds + 1)][1:]
            for name, route in plans.ROUTES.items()
            if name.startswith("feed")
        }
        if lines.read_text(encoding="utf-8").count('"lifestring.access"') < rounds:
            raise RuntimeError("the watched server wrote no lines")
        return found
    finally:
        for server in servers.values():
            server.process.terminate()
        for server in servers.values():
            server.process.wait(timeout=20)


def _round(route: str, number: int, servers: dict[str, Server]) -> tuple[Seen, Seen]:
    people = [make_token(UUID(md5(f"user{one}".encode(), usedforsecurity=False).hexdigest())) for one in range(1, 17)]
    found: dict[str, Seen] = {}
    for name in (ON, OFF) if number % 2 else (OFF, ON):
        before = servers[name].seconds()
        did = feed.load(route, servers[name].port, people, SECONDS)
        found[name] = (did["rps"], 1000 * (servers[name].seconds() - before) / did["requests"])
    return found[ON], found[OFF]
