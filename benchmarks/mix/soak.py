"""`make soak`: the mix for half an hour, with sockets and streams that come and go, and whether any process grows.

`--minutes=30` is how long, `--warm-up=8` how much of it is not judged (a quarter where nothing is said), `--rate=30` how
many requests arrive a second beside 40 sockets and 8 people who ask the assistant and leave half of its answers.
Exit code 1 where memory grew by 5 % after the warm-up, threads, files or connections leak, or anything failed.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import threading
from typing import Any

from benchmarks.mix import stack
from benchmarks.mix.load import send
from benchmarks.mix.tables import Measured, table
from benchmarks.mix.verdict import judge
from benchmarks.mix.visitors import Visitors
from benchmarks.mix.watch import Watch
from lifestring.testing.environment import PROJECT

EVERY = 3.0


def main(arguments: list[str]) -> int:
    """Run; returns 0 when nothing leaks and nothing failed."""
    options = _options(arguments)
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start", flush=True)
    with stack.running(strings=options.strings, web=options.web, model_pause=0.05, with_scheduler=True) as ours:
        # What there is to embed of the world would be done within the measured time.
        subprocess.run([sys.executable, "manage.py", "embed"], cwd=PROJECT, stdout=subprocess.DEVNULL, check=True)
        print(f"{options.minutes:g} minutes, the first {options.warm_up:g} to warm up …", flush=True)
        servers = {"database": os.environ["DATABASE_URL"], "redis": os.environ["REDIS_URL"]}
        with Watch(ours.programs, url=ours.url, every=EVERY, **servers) as watch:
            measured, visitors = _serve(ours, options)
        faults = [*visitors.faults, *watch.faults, *ours.complaints()]
    lines, leaks = judge(watch.series, options.warm_up * 60)
    print(f"\n{table(measured)}\n\nbeside them: {visitors.counts}\n\n{lines}\n")
    for what in [*leaks, *faults[:20]]:
        print(what)
    held = not (leaks or faults or measured.failed)
    print("nothing grows" if held else f"FAILED: {len(leaks)} leaks, {len(faults) + measured.failed} faults")
    return 0 if held else 1


def _serve(ours: stack.Stack, options: argparse.Namespace) -> tuple[Measured, Visitors]:
    """Have everybody come at once; returns when all have gone."""
    seconds = options.minutes * 60
    visitors, answers = Visitors(ours.url, ours.people), list[Measured]()
    sending: dict[str, Any] = {"rate": options.rate, "seconds": seconds - 10}
    # The last of them have no sockets.
    others = ours.people[-1000:]
    mix = threading.Thread(target=lambda: answers.append(send(ours.url, others, **sending)))
    mix.start()
    asyncio.run(visitors.come_and_go(seconds))
    mix.join()
    if not answers:
        raise SystemExit("the load ended before its time")
    return answers[0], visitors


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-up", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--strings", type=int, default=5_000)
    parser.add_argument("--web", type=int, default=2)
    options = parser.parse_args(arguments)
    options.warm_up = options.warm_up or options.minutes / 4
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
