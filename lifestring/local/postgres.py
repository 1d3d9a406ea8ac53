"""A PostgreSQL with pgvector of local mode's own: made, started, found again, recovered and stopped.

Rules learned the hard way, each of which a test holds: `pg_ctl status` and an open TCP port both claim life for a
server that was just killed, so only a real query counts; a stale postmaster.pid may name somebody else's process, so
nothing is signalled before it is looked at; after a kill the old shared memory may linger, so a start is retried.
"""

import contextlib
import errno
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import IO

import psutil
import psycopg

from lifestring.local.binaries import postgres_programs
from lifestring.local.cluster import Cluster
from lifestring.local.files import last_lines, locked, says_disk_full
from lifestring.local.logs import open_log
from lifestring.local.ports import free_port
from lifestring.local.processes import LocalError, has_ended, named, run_quietly, wait_until

MAJOR_VERSION = "18"
START_SECONDS = 60
RETRY_SECONDS = 20


class EmbeddedPostgres:
    """The PostgreSQL server of one data folder.

    `port` is a wish for the first start; without one, or when it is taken, a free one is chosen and remembered.
    `durable=False` is for tests: a crash of the machine may lose data, a crash of the server does not.
    Any number of processes may hold such an object for the same folder; start and stop exclude each other.
    """

    def __init__(self, data: Path, port: int | None = None, *, durable: bool = True) -> None:
        self.data = data
        self.log = data / "logs" / "postgres.log"
        self._wished_port = port
        self._durable = durable

    @property
    def url(self) -> str:
        """The connection URL, password included. Raises LocalError before the first start."""
        cluster = Cluster.read(self.data)
        if cluster is None:
            raise LocalError(f"There is no PostgreSQL in {self.data} yet.")
        return cluster.url

    @property
    def is_running(self) -> bool:
        """Whether this folder's server answers a query."""
        cluster = Cluster.read(self.data)
        return cluster is not None and _answers(cluster)

    def start(self) -> bool:
        """Start the server, making the cluster at first. False when it ran already and was taken over.

        Raises LocalError with one sentence when it can not be started.
        """
        with locked(self.data / "postgres.lock"):
            cluster = Cluster.read(self.data) or Cluster.create(self.data, self._wished_port or free_port())
            if wait_until(lambda: _answers(cluster) or not _postmaster(cluster), START_SECONDS) and _answers(cluster):
                return False
            programs = postgres_programs(cluster.home, cluster.account())
            self._make_cluster(cluster, programs)
            _clear_foreign_pid(cluster)
            self._launch(cluster, programs)
            return True

    def stop(self, patience: float = 20.0) -> None:
        """Stop the server with every connection it has; nothing happens when it does not run.

        After `patience` seconds the orderly way is given up, and again after as many the less orderly one: the next
        start then recovers as after a crash.
        """
        with locked(self.data / "postgres.lock"):
            cluster = Cluster.read(self.data)
            process = _postmaster(cluster) if cluster else None
            if process is None:
                return
            # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
            for kind in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(kind)
                if wait_until(lambda: has_ended(process), patience, pause=0.02):
                    return

    def destroy(self) -> None:
        """Stop the server and delete its cluster, wherever it lives."""
        self.stop()
        with locked(self.data / "postgres.lock"):
            cluster = Cluster.read(self.data)
            if cluster:
                cluster.remove()

    def _make_cluster(self, cluster: Cluster, programs: Path) -> None:
        version = cluster.folder / "PG_VERSION"
        if version.exists():
            if version.read_text().strip() != MAJOR_VERSION:
                found = version.read_text().strip()
                raise LocalError(
                    f"{cluster.folder} was made by PostgreSQL {found}, this is {MAJOR_VERSION}: `make reset`."
                )
            return
        account = cluster.account()
        unfinished = cluster.home / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = cluster.home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(cluster.password)
        if account:
            os.chown(unfinished, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        command: list[str | Path] = [
            programs / "initdb",
            "-D",
            unfinished,
            "-U",
            "postgres",
            "--encoding=UTF8",
            *_locale_options(),
        ]
        command += ["--auth=scram-sha-256", f"--pwfile={password_file}"]
        with open_log(self.log) as log:
            offset = log.tell()
            code = run_quietly(command if self._durable else [*command, "--no-sync"], log, account, START_SECONDS)
        password_file.unlink()
        if code:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise self._failure("could not make its cluster", offset)
        unfinished.rename(cluster.folder)

    def _launch(self, cluster: Cluster, programs: Path) -> None:
        """Start the server, again while memory of a killed one lingers, elsewhere when its port was taken."""
        deadline = time.monotonic() + RETRY_SECONDS
        with open_log(self.log) as log:
            while True:
                offset = log.seek(0, os.SEEK_END)
                if self._pg_ctl_start(cluster, programs, log) == 0 and _answers_soon(cluster):
                    return
                said = last_lines(self.log, 40, offset)
                if "could not bind" in said or os.strerror(errno.EADDRINUSE) in said:
                    cluster = cluster.with_port(free_port())
                elif "shared memory" not in said and "already exists" not in said:
                    raise self._failure("did not start", offset)
                if time.monotonic() > deadline:
                    raise self._failure("did not start", offset)
                time.sleep(0.3)

    def _pg_ctl_start(self, cluster: Cluster, programs: Path, log: IO[bytes]) -> int:
        values = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "shared_buffers": "128MB" if self._durable else "64MB",
        }
        if not self._durable:
            # Never synchronous_commit=off here: a committed table was lost when the server was killed.
            values |= {"fsync": "off", "full_page_writes": "off"}
        options = " ".join([f"-p {cluster.port}", *(f"-c {name}={value}" for name, value in values.items())])
        command: list[str | Path] = [
            programs / "pg_ctl",
            "-w",
            "-t",
            str(START_SECONDS),
            "-D",
            cluster.folder,
            "-o",
            options,
            "start",
        ]
        return run_quietly(command, log, cluster.account(), START_SECONDS + 10)

    def _failure(self, what: str, offset: int) -> LocalError:
        said = last_lines(self.log, 12, offset)
        if says_disk_full(said):
            return LocalError(f"The disk is full: PostgreSQL {what} in {self.data}.")
        return LocalError(f"PostgreSQL {what}; the end of {self.log} says:\n{said}")


def _locale_options() -> list[str]:
    """Text sorts and folds by code point everywhere; only Linux has the matching libc locale for word boundaries."""
    libc = "C" if sys.platform == "darwin" else "C.UTF-8"
    return [f"--locale={libc}", "--lc-messages=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def _pid_file(cluster: Cluster) -> list[str]:
    """The lines of postmaster.pid: process id, data directory, start time, port …; empty without a usable file."""
    try:
        lines = (cluster.folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def _postmaster(cluster: Cluster) -> psutil.Process | None:
    """The living server process of this cluster, or None: never somebody else's that got its number."""
    lines = _pid_file(cluster)
    if not lines:
        return None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(int(lines[0]))
        ours = process.name() == "postgres" and str(cluster.folder) in process.cmdline()
        if ours and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def _answers(cluster: Cluster) -> bool:
    if _postmaster(cluster) is None:
        return False
    try:
        with psycopg.connect(cluster.url, connect_timeout=3) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and Path(row[0]).resolve() == cluster.folder.resolve()


def _answers_soon(cluster: Cluster) -> bool:
    return wait_until(lambda: _answers(cluster), 10)


def _clear_foreign_pid(cluster: Cluster) -> None:
    """Remove a postmaster.pid whose number now belongs to a process that is not this cluster's server.

    PostgreSQL clears one that names no process by itself, and needs what it says about shared memory for that.
    """
    lines = _pid_file(cluster)
    if not lines or not psutil.pid_exists(int(lines[0])) or _postmaster(cluster):
        return
    here = str(cluster.folder.resolve())

    def backends() -> list[psutil.Process]:
        return named("postgres", lambda process: process.cwd() == here)

    if not wait_until(lambda: not backends(), 5, pause=0.2):
        for process in backends():
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGQUIT)
        wait_until(lambda: not backends(), 5, pause=0.2)
    (cluster.folder / "postmaster.pid").unlink(missing_ok=True)
