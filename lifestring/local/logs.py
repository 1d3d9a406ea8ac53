"""The log files in DATA/logs."""

from pathlib import Path
from typing import IO

KEPT_BYTES = 5_000_000


def open_log(path: Path) -> IO[bytes]:
    """Open a log to append to; a log that has grown past 5 MB is first set aside as `.1`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > KEPT_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")
