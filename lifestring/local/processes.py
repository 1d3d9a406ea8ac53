"""Processes local mode starts, finds and ends, by what they are and never by a bare name."""

import contextlib
import os
import pwd
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil


class LocalError(Exception):
    """Local mode cannot go on; the text is one sentence for the person at the terminal, logs may follow it."""


@dataclass(frozen=True)
class Account:
    """An account of this machine that a server runs under."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """What makes `subprocess` start a command under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def unprivileged_account() -> Account | None:
    """The account PostgreSQL, which refuses to run as root, gets: None (ours) unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "_postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Account(name, entry.pw_uid, entry.pw_gid)
    raise LocalError("PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody.")


def clean_environment() -> dict[str, str]:
    """An environment in which no PG… or locale variable of the person's shell changes what a server does."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "LC_ALL": "C", "TZ": "UTC"}


def run_quietly(command: Sequence[str | Path], log: IO[bytes], account: Account | None, timeout: float) -> int:
    """Run a server's tool with its output in a log; returns its exit code, 124 when it took longer than `timeout` s.

    The output goes to a file and never to a pipe: the server it starts inherits the handle and would hold a pipe open.
    """
    try:
        return subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=clean_environment(),
            start_new_session=True,
            timeout=timeout,
            check=False,
            **(account.popen_options() if account else {}),
        ).returncode
    except subprocess.TimeoutExpired:
        return 124


def can_run(command: Sequence[str | Path], account: Account | None) -> bool:
    """Whether an account can run a command to a good end, asked of the kernel and not of permission bits."""
    with open(os.devnull, "wb") as nowhere:
        try:
            return run_quietly(command, nowhere, account, timeout=30) == 0
        except OSError:
            return False


def named(name: str, matches: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """Living processes of that executable name for which `matches` holds; those we may not look at are left out."""
    found = []
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            if process.info["name"] == name and not has_ended(process) and matches(process):
                found.append(process)
    return found


def marked(variable: str, value: str) -> list[psutil.Process]:
    """Living processes, but for ourselves, that carry an environment variable of that value: they or their children."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(variable) == value and not has_ended(process):
                found.append(process)
    return found


def has_ended(process: psutil.Process) -> bool:
    """Whether a process runs no more, be it that its parent has yet to ask for its exit code."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end(processes: Sequence[psutil.Process], grace: float) -> None:
    """Ask processes to stop, wait up to `grace` seconds for them together, then kill what is left."""
    for ask, patience in ((psutil.Process.terminate, grace), (psutil.Process.kill, 5.0)):
        for process in processes:
            with contextlib.suppress(psutil.Error):
                ask(process)
        if wait_until(lambda: all(has_ended(process) for process in processes), patience):
            return


def wait_until(condition: Callable[[], bool], timeout: float, pause: float = 0.05) -> bool:
    """Ask again and again until a condition holds; False when it did not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
