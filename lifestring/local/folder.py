"""The data folder of a local mode: made, recognised, claimed by one run at a time, and removed."""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO

import psutil

from lifestring.local.console import Console
from lifestring.local.files import read_json
from lifestring.local.processes import LocalError, end, has_ended, marked, wait_until
from lifestring.local.state import LocalState

MARKER = "LIFESTRING_DATA_FOLDER"
SUPERVISED = "LIFESTRING_SUPERVISED"
TIDY_SECONDS = 60.0


class RefusedError(LocalError):
    """Local mode does not start; the text is one sentence that says why."""


def prepare(data: Path) -> None:
    """Make the data folder, or see that it is one of ours: `make reset` deletes it without asking.

    Raises RefusedError when it holds other things or can not be written.
    """
    marker = data / MARKER
    try:
        if not data.exists():
            data.mkdir(parents=True)
            # As root, the account that runs PostgreSQL must get through to its own part.
            data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if not marker.exists():
            if any(data.iterdir()):
                raise RefusedError(f"{data} holds other things than Lifestring's; choose another folder with DATA=….")
            marker.write_text("Local mode keeps everything here; `make reset` deletes this folder.\n")
        if not os.access(data, os.W_OK):
            raise PermissionError
    except PermissionError:
        raise RefusedError(f"{data} can not be written by this user; choose another folder with DATA=….") from None
    except (FileExistsError, NotADirectoryError):
        raise RefusedError(f"{data} is not a folder; choose another with DATA=….") from None


def holder(data: Path) -> psutil.Process | None:
    """The living supervisor that claimed this folder."""
    claim = read_json(data / "run.lock") or {}
    try:
        process = psutil.Process(int(claim["pid"]))
        same = abs(process.create_time() - float(claim["created"])) < 1
    except (KeyError, TypeError, ValueError, psutil.Error):
        return None
    return process if same and not has_ended(process) else None


class Claim:
    """The right to run on a data folder: a lock the kernel takes back when its last holder dies.

    The guard inherits it, so that a killed run's folder stays claimed until it has been tidied.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    @classmethod
    def take(cls, data: Path, console: Console) -> "Claim":
        """Claim a folder; waits while a killed run is being tidied up. RefusedError when another run lives there."""
        try:
            stream = (data / "run.lock").open("a+", encoding="utf-8")
        except PermissionError:
            raise RefusedError(f"{data} belongs to another user; choose another folder with DATA=….") from None
        claim = cls(stream)
        if not claim._try():
            if not holder(data):
                console.progress("Waiting for the last run, which was killed, to be tidied up")
            if not wait_until(lambda: claim._try() or holder(data) is not None, TIDY_SECONDS) or not claim._try():
                stream.close()
                state, process = LocalState.read(data), holder(data)
                where = f" at {state.web_url}" if state else ""
                who = f" (process {process.pid})" if process else ""
                raise RefusedError(f"Lifestring already runs on {data}{where}{who}; choose another folder with DATA=….")
        claim._sign()
        return claim

    def _try(self) -> bool:
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _sign(self) -> None:
        self._stream.truncate(0)
        me = psutil.Process()
        self._stream.write(json.dumps({"pid": me.pid, "created": me.create_time()}))
        self._stream.flush()

    @property
    def descriptor(self) -> int:
        """The file descriptor that holds the lock, for a child that is to hold it too."""
        return self._stream.fileno()

    def release(self) -> None:
        """Give the folder back."""
        self._stream.truncate(0)
        self._stream.close()


def end_services(data: Path) -> None:
    """End what a run on this folder started, but for its servers: web, worker, scheduler and their children."""
    end(marked(SUPERVISED, str(data)), grace=10)


def remove(data: Path) -> None:
    """Delete the folder with everything in it."""
    shutil.rmtree(data)
