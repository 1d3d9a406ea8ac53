"""`make bench ARGS=feed`: REST throughput of one process, as a ratio to a bare ASGI app doing the same reads.

Rounds of all servers are interleaved, so that what else the machine does falls on all of them; the ratio of each round is
taken within it, and the median of the rounds is printed. `--servers` adds Daphne and Django's own ASGI handler.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import plans, world
from benchmarks.processes import running

ROUNDS = 3
SECONDS = 2.0
CLIENTS = 16


def run(arguments: list[str]) -> None:
    """Measure and print the table."""
    world.build()
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps(plans.bare_plan()), encoding="utf-8")
        os.environ |= {"BENCH_PLAN": str(plan), "BENCH_DATABASE": plans.database_url()}
        table = _measure(plans.ROUTES, plans.token(), plans.servers(everything="--servers" in arguments))
    _print(table)


def _measure(routes: dict[str, str], token: str, servers: dict[str, list[str]]) -> dict[str, dict[str, list[Any]]]:
    table: dict[str, dict[str, list[Any]]] = {name: {server: [] for server in servers} for name in routes}
    with running(servers) as started:
        for name, route in routes.items():
            for round_number in range(ROUNDS + 1):
                for server, process in started.items():
                    result = load(route, process.port, [token], SECONDS if round_number else 1.0)
                    if round_number:
                        table[name][server].append(result)
    return table


def load(route: str, port: int, tokens: list[str], seconds: float) -> dict[str, float]:
    """Have clients ask one server for a route, each as one of these people; returns `requests`, `rps`, `p50` and `p99`."""
    method, path = route.split(" ")
    job = {"method": method, "path": path, "port": port, "tokens": tokens, "clients": CLIENTS, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"], input=json.dumps(job).encode(), capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _print(table: dict[str, dict[str, list[Any]]]) -> None:
    print(f"\n{'route':34} {'server':26} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'ratio':>7}")
    for route, servers in table.items():
        limit = next(iter(servers.values()))
        for server, results in servers.items():
            ratio = statistics.median(one["rps"] / base["rps"] for one, base in zip(results, limit, strict=True))
            middle = {key: statistics.median(one[key] for one in results) for key in ("rps", "p50", "p99")}
            print(f"{route:34} {server:26} {middle['rps']:8.0f} {middle['p50']:8.1f} {middle['p99']:8.1f} {ratio:7.2f}")


if __name__ == "__main__":
    run(sys.argv[1:])
