"""A Redis-compatible server (Valkey) of local mode's own, on loopback and behind a password."""

import os
import secrets
from pathlib import Path

import psutil
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from lifestring.local.binaries import redis_program
from lifestring.local.files import last_lines, locked, read_json, says_disk_full, write_private_json
from lifestring.local.logs import open_log
from lifestring.local.ports import free_port
from lifestring.local.processes import LocalError, end, named, run_quietly, wait_until

START_SECONDS = 15
ATTEMPTS = 5


class EmbeddedRedis:
    """The Redis server of one data folder.

    With `durable`, jobs and the rest survive a restart (an append-only file, flushed each second); without, nothing is
    ever written. `port` is a wish for the first start. Any number of processes may hold such an object for the same
    folder; start and stop exclude each other.
    """

    def __init__(self, data: Path, port: int | None = None, *, durable: bool = True) -> None:
        self.data = data
        self.log = data / "logs" / "redis.log"
        self._home = data / "redis"
        self._configuration = self._home / "valkey.conf"
        self._wished_port = port
        self._durable = durable

    @property
    def url(self) -> str:
        """The connection URL, password included. Raises LocalError before the first start."""
        values = read_json(self.data / "redis.json")
        if values is None:
            raise LocalError(f"There is no Redis in {self.data} yet.")
        return f"redis://:{values['password']}@127.0.0.1:{values['port']}/0"

    @property
    def is_running(self) -> bool:
        """Whether this folder's server answers a PING."""
        return bool(self._processes()) and self._answers()

    def start(self) -> bool:
        """Start the server. False when it ran already and was taken over; LocalError when it can not be started."""
        with locked(self.data / "redis.lock"):
            if self._processes():
                if wait_until(self._answers, START_SECONDS):
                    return False
                end(self._processes(), grace=5)
            values = read_json(self.data / "redis.json") or {}
            port = int(values.get("port") or self._wished_port or free_port())
            password = str(values.get("password") or secrets.token_urlsafe(24))
            for _ in range(ATTEMPTS):
                write_private_json(self.data / "redis.json", {"port": port, "password": password})
                if self._launch(port, password):
                    return True
                port = free_port()
        said = last_lines(self.log)
        if says_disk_full(said):
            raise LocalError(f"The disk is full: Redis did not start in {self.data}.")
        raise LocalError(f"Redis did not start; the end of {self.log} says:\n{said}")

    def stop(self) -> None:
        """Stop the server, which saves what it keeps; nothing happens when it does not run."""
        with locked(self.data / "redis.lock"):
            end(self._processes(), grace=15)

    def _launch(self, port: int, password: str) -> bool:
        """Start the program and wait for its first answer; False when it ended instead."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_configuration(port, password)
        with open_log(self.log) as log:
            if run_quietly([redis_program(), self._configuration], log, None, START_SECONDS):
                return False
        if wait_until(lambda: self._answers() or not self._processes(), START_SECONDS, pause=0.02) and self.is_running:
            return True
        end(self._processes(), grace=5)
        return False

    def _write_configuration(self, port: int, password: str) -> None:
        lines = [
            "bind 127.0.0.1",
            f"port {port}",
            f"dir {_quoted(self._home)}",
            f"logfile {_quoted(self.log)}",
            f"requirepass {password}",
            'save ""',
            f"appendonly {'yes' if self._durable else 'no'}",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            # The command line keeps naming the configuration file: that is how this server is found again.
            "set-proc-title no",
            "daemonize yes",
            f"pidfile {_quoted(self._home / 'valkey.pid')}",
        ]
        handle = os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")

    def _processes(self) -> list[psutil.Process]:
        return named("valkey-server", lambda process: str(self._configuration) in process.cmdline())

    def _answers(self) -> bool:
        try:
            # The client's own retries would keep us waiting for seconds where an answer of now is asked for.
            once = Retry(NoBackoff(), 0)
            with Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2, retry=once) as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False


def _quoted(path: Path) -> str:
    """A path as the configuration file's syntax wants it."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
