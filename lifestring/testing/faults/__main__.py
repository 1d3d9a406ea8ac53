"""The fault matrix: all rows, or `--only=redis-pause,web-kill`; SEED=… in the environment repeats a run."""

import contextlib
import logging
import os
import random
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence

import django

from lifestring.testing.environment import ServerProcess, export
from lifestring.testing.faults.world import Outside


def main() -> int:
    """Run; returns 0 when everything held."""
    parser = ArgumentParser(prog="python -m lifestring.testing.faults")
    parser.add_argument("--only", default="", help="names of rows, with commas; the page is left alone")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    servers, outside = ServerProcess(), Outside()
    try:
        outside.open()
        export(servers.start("postgres", "redis"))
        os.environ |= {"LOG_LEVEL": "WARNING", **outside.environment()}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
        django.setup()
        # What breaks here is meant to.
        logging.disable(logging.CRITICAL)
        return _run(servers, outside, seed, [name for name in options.only.split(",") if name])
    finally:
        servers.stop()
        outside.close()


def _run(servers: ServerProcess, outside: Outside, seed: int, only: Sequence[str]) -> int:
    """Run the rows that were asked for; where it was all of them, the page tells of it."""
    from lifestring.testing.faults import page
    from lifestring.testing.faults.rows import ROWS
    from lifestring.testing.faults.stages import run_rows

    unknown = set(only) - {row.name for row in ROWS}
    if unknown:
        sys.stderr.write(
            f"There is no row {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in ROWS)}.\n"
        )
        return 2
    print(f"fault matrix: SEED={seed}", flush=True)  # noqa: T201
    started = time.monotonic()
    results = run_rows(servers, outside, seed, [row for row in ROWS if not only or row.name in only])
    print(f"{page.table(results)}\nin {time.monotonic() - started:.0f} s, SEED={seed}")  # noqa: T201
    if not only:
        page.write(results)
    return 0 if all(result.held for result in results) else 1


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
