"""`make load`: the limit of the mix, and its times at 60 % of that (docs/performance.md, Load).

The rate at which requests arrive is raised in steps until the 99th percentile of all passes a second, or less is answered
than asked. Everything is this program's own: servers, processes as they are deployed, a world of 50,000 strings.
`--url=https://… --tokens=FILE` (an access token a line) asks a service that runs elsewhere; raise its limit by address
first. `--rate=100` measures at one rate, `--web=4` runs so many web processes, `--strings=`, `--seconds=`, `--from=` change
the rest. Exit code 1 where a request failed, or the goal was missed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.mix import stack
from benchmarks.mix.tables import Measured, table
from lifestring.testing.environment import PROJECT

LOCUST = PROJECT / ".venv-load" / "bin" / "python"
STEP = 1.2
LIMIT_MS, GOAL_MS = 1_000.0, 150.0
PART = 0.6
# Less than that part of what was asked for means that answers do not keep up.
KEEPS_UP = 0.95


def main(arguments: list[str]) -> int:
    """Run; returns 0 when no request failed and the goal is reached."""
    options = _options(arguments)
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start", flush=True)
    with _service(options) as (url, people):
        measured = _measure_all(options, url, people)
        print(f"\n{measured.rate:.0f} requests a second\n{table(measured)}", flush=True)
    return 0 if judge(measured, is_goal=not options.rate) else 1


def judge(measured: Measured, *, is_goal: bool) -> bool:
    """Say whether that is good enough, where the goal counts; requests that failed never are."""
    reached = measured.p99 <= GOAL_MS or not is_goal
    goal = f" (goal: {GOAL_MS:.0f} on 4 cores, {'reached' if reached else 'MISSED'})" if is_goal else ""
    print(f"p99 of the mix: {measured.p99:.0f} ms{goal}; errors: {measured.failed}")
    return reached and not measured.failed


def send(url: str, people: list[dict[str, Any]], rate: float, seconds: float, warm_up: float = 6.0) -> Measured:
    """Send the mix for a while, and return what became of it."""
    job = {"url": url, "people": people, "rate": rate, "seconds": seconds, "warm_up": warm_up}
    done = subprocess.run(
        [str(LOCUST), "-m", "benchmarks.mix.locust_job"],
        input=json.dumps(job),
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Measured(rate=rate, **json.loads(done.stdout))


def passes_limit(measured: Measured) -> bool:
    """Whether that was more than the service can do."""
    return measured.p99 > LIMIT_MS or measured.throughput < KEEPS_UP * measured.rate


def _measure_all(options: argparse.Namespace, url: str, people: list[dict[str, Any]]) -> Measured:
    """Measure at the one rate that is asked for, else find the limit first."""
    if options.rate:
        return send(url, people, options.rate, options.seconds)
    rate, limit, failed = options.start, 0.0, False
    print(f"\n{'arriving/s':>10}{'answered/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}{'sender':>9}")
    while True:
        found = send(url, people, rate, options.seconds)
        p50 = sorted(found.everything)[len(found.everything) // 2]
        line = f"{rate:10.0f}{found.throughput:12.1f}{p50:9.0f}{found.p99:9.0f}{found.failed:8}{found.cores:9.2f}"
        print(line, flush=True)
        if passes_limit(found):
            break
        failed = failed or bool(found.failed)
        rate, limit = rate * STEP, rate
    if not limit:
        raise SystemExit(
            f"{options.start:.0f} requests a second are beyond the limit already: --from=RATE begins lower"
        )
    print(f"limit: {limit:.0f} requests a second ({limit * STEP:.0f} are beyond it); measuring at {PART:.0%} of it")
    _settle(url)
    return send(url, people, limit * PART, 3 * options.seconds)


def _settle(url: str) -> None:
    """Wait until what the last step left is worked off."""
    quick = 0
    while quick < 20:
        began = time.monotonic()
        with urllib.request.urlopen(f"{url}/ready", timeout=60):  # noqa: S310 - the service's own address
            quick = quick + 1 if time.monotonic() - began < 0.1 else 0
        time.sleep(0.1)


@contextmanager
def _service(options: argparse.Namespace) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if options.url:
        tokens = Path(options.tokens).read_text(encoding="ascii").split()
        yield options.url.rstrip("/"), stack.people_of(options.url.rstrip("/"), tokens)
        return
    # A model's own time is not ours: its stand-in answers at once.
    with stack.running(strings=options.strings, web=options.web, model_pause=0.0, with_scheduler=False) as ours:
        print(f"limits raised for this: {stack.RAISED}; all others are the usual ones", flush=True)
        yield ours.url, ours.people
        for line in ours.complaints()[:20]:
            print(line)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--url", default="")
    parser.add_argument("--tokens", default="")
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--from", dest="start", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--strings", type=int, default=50_000)
    parser.add_argument("--web", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    if bool(options.url) != bool(options.tokens):
        parser.error("--url and --tokens go together")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
