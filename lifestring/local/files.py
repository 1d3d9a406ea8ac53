"""Files local mode keeps: private JSON replaced in one step, and locks between processes."""

import contextlib
import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file, or None when the file is missing or holds anything else."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _write_temporary(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)


def write_private_json(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a file, readable by its owner only; a reader sees the old content or the new, never a part."""
    _write_temporary(path, json.dumps(values, indent=1) + "\n").replace(path)


def create_private_json(path: Path, values: Mapping[str, Any] | Sequence[Any]) -> bool:
    """Create a file, readable by its owner only. False, and nothing written, when somebody else was first."""
    temporary = _write_temporary(path, json.dumps(values, indent=1) + "\n")
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; waits for the other holder. The kernel lets go of it when a holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def last_lines(path: Path, count: int = 15, since: int = 0) -> str:
    """The last lines of a log, from at most its last 64 kB and not before the byte offset `since`."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(since, size - 65_536))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-count:])


def says_disk_full(text: str) -> bool:
    """Whether some program's output tells that it ran out of disk."""
    return os.strerror(errno.ENOSPC) in text or "Check free disk space" in text
