"""The servers one test run uses, in a process that outlives the run just long enough to take them away.

`python -m lifestring.testing.servers postgres redis` starts what it is told to in a folder of its own, prints one line
of JSON ({"database_url": …, "redis_url": …} or {"error": …}) and waits for the end of its standard input. That comes
when the test run ends in whatever way, killed included; then the servers stop and the folder goes. Until then it obeys
lines such as `kill postgres` and `start redis`, and prints `{}` when each is done. With `durable` among its arguments the
servers keep what they hold on the disk as carefully as local mode's.
"""

import contextlib
import fcntl
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from lifestring.local.postgres import EmbeddedPostgres
from lifestring.local.processes import LocalError
from lifestring.local.redis import EmbeddedRedis

PREFIX = "lifestring-tests-"


def _remove(folder: Path) -> None:
    EmbeddedRedis(folder, durable=False).stop()
    EmbeddedPostgres(folder, durable=False).destroy()
    shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned() -> None:
    """Take away what a killed process of ours left: a folder whose lock nobody holds."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/alive.lock"):
        with contextlib.suppress(OSError, LocalError), lock.open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(lock.parent)


@contextlib.contextmanager
def _own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    # Whoever runs PostgreSQL for root must get through to its own part.
    folder.chmod(0o711)
    with (folder / "new.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        # Under its real name only once it is held, or another run might take the folder for abandoned.
        (folder / "new.lock").rename(folder / "alive.lock")
        try:
            yield folder
        finally:
            _remove(folder)


def serve(wanted: list[str]) -> None:
    """Run the wanted servers (`postgres`, `redis`; `durable` for both) until standard input ends."""
    _remove_abandoned()
    with _own_folder() as folder:
        durable = "durable" in wanted
        postgres, redis = EmbeddedPostgres(folder, durable=durable), EmbeddedRedis(folder, durable=durable)
        urls = {}
        if "postgres" in wanted:
            postgres.start()
            urls["database_url"] = postgres.url
        if "redis" in wanted:
            redis.start()
            urls["redis_url"] = redis.url
        _answer(urls)
        orders: dict[str, Callable[[], object]] = {
            "start postgres": postgres.start,
            "stop postgres": postgres.stop,
            # Without patience it is killed, with all it was doing.
            "kill postgres": lambda: postgres.stop(patience=0),
            "start redis": redis.start,
            "stop redis": redis.stop,
        }
        for line in sys.stdin:
            orders[line.strip()]()
            _answer({})


def _answer(values: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run as a program; a TERM signal ends it like the end of its input."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(sys.argv[1:])
    except LocalError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
