"""Chaos runs: `--runs=20` of them, `--short` for the form that tests use; SEED=… in the environment repeats one."""

import asyncio
import logging
import os
import random
import signal
import sys
import time
from argparse import ArgumentParser, Namespace

from lifestring.testing.environment import ServerProcess, export


def main() -> int:
    """Run; returns 0 when everything held."""
    parser = ArgumentParser(prog="python -m lifestring.testing.chaos")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    servers = ServerProcess()
    try:
        export(servers.start("postgres", "redis"))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
        os.environ["LOG_LEVEL"] = "WARNING"
        import django

        django.setup()
        # What breaks here is meant to; the servers' own logs are looked at in the end.
        logging.disable(logging.WARNING)
        return _run_all(servers, options)
    finally:
        servers.stop()


def _run_all(servers: ServerProcess, options: Namespace) -> int:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    given, failed = os.environ.get("SEED"), 0
    for number in range(1, options.runs + 1):
        seed = int(given) if given else random.SystemRandom().randrange(10**6)
        print(f"chaos run {number} of {options.runs}: SEED={seed}", flush=True)  # noqa: T201
        started = time.monotonic()
        fault = asyncio.run(_run(servers, seed, short=options.short))
        failed += fault is not None
        result = "everything held" if fault is None else f"FAILED: {fault}"
        print(f"chaos run {number}: {result} ({time.monotonic() - started:.0f} s, SEED={seed})", flush=True)  # noqa: T201
    return 1 if failed else 0


async def _run(servers: ServerProcess, seed: int, *, short: bool) -> str | None:
    """One run; returns what did not hold."""
    from lifestring.testing.chaos.mischief import all_of_it
    from lifestring.testing.chaos.players import players
    from lifestring.testing.chaos.stage import FaultError, Stage
    from lifestring.testing.chaos.verdict import judge

    stage, wrong, playing = Stage(servers, random.Random(seed)), list[str](), list[asyncio.Task[None]]()
    try:
        await stage.set_up()
        playing = players(stage)
        await all_of_it(stage, rounds=1 if short else 3, gap=0.8 if short else 2.5)
        stage.over = True
        await asyncio.gather(*playing)
        stage.say(f"{len(stage.promises)} messages were acknowledged")
        await judge(stage, patient=not short)
    except* FaultError as faults:
        wrong += map(str, faults.exceptions)
    finally:
        for player in playing:
            player.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await stage.tear_down()
    return "; ".join(wrong) or None


if __name__ == "__main__":
    sys.exit(main())
