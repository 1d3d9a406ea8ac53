"""Starting the servers that benchmarks ask, each a process of its own on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

UVICORN = ["uvicorn", "--port", "{port}", "--log-level", "warning", "--no-access-log", "--lifespan", "off"]
# A connection waits while the other side of a comparison answers.
PATIENT = ["--timeout-keep-alive", "600"]


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[int]:
    """Run `python -m` with these arguments, `{port}` in them filled in; yields the port once somebody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [part.format(port=port) for part in command]
    process = subprocess.Popen([sys.executable, "-m", *arguments], env={**os.environ, **environment})
    try:
        _wait_for(port, command[0])
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int, name: str) -> None:
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{name} did not start")
