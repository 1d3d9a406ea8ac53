"""Server processes that benchmarks start, and what they cost."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import psutil

UVICORN = ["uvicorn", "--port", "{port}", "--log-level", "warning", "--no-access-log", "--lifespan", "off"]
# A connection waits while the other side of a comparison answers.
PATIENT = ["--timeout-keep-alive", "600"]


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    def seconds(self) -> float:
        """The processor time it has used so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Its resident memory in bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


def start(command: list[str], stderr: IO[bytes] | None = None, **environment: str) -> Server:
    """Start `python -m` with these arguments, `{port}` among them, and wait until it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [part.format(port=port) for part in command]
    process = subprocess.Popen([sys.executable, "-m", *arguments], env={**os.environ, **environment}, stderr=stderr)
    for _ in range(300):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return Server(port, process)
        except OSError:
            time.sleep(0.1)
    process.terminate()
    raise RuntimeError(f"{command[0]} did not start")


@contextmanager
def running(commands: Mapping[str, list[str]], **environment: str) -> Iterator[dict[str, Server]]:
    """Run servers by name, with these variables; they stop at the end."""
    servers: dict[str, Server] = {}
    try:
        for name, command in commands.items():
            servers[name] = start(command, None, **environment)
        yield servers
    finally:
        for server in servers.values():
            server.process.terminate()
        for server in servers.values():
            server.process.wait(timeout=20)
