"""The product's processes as a container starts them, and their replacement."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lifestring.local.ports import free_port
from lifestring.testing.environment import PROJECT
from lifestring.testing.rolling.balancer import Backend, Balancer

ENTRYPOINT = ["/bin/sh", "deploy/entrypoint.sh"]
# What Cloud Run and `docker stop` give a container from SIGTERM to the end, and how long a start may take here.
PLATFORM_SECONDS = 10.0
START_SECONDS = 60.0


@dataclass
class Service:
    """One container's process; `port` only of a web process, and `drained` how long its end took."""

    word: str
    port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    drained: float = 0.0

    def said(self) -> str:
        """Its log so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")


@dataclass
class Services:
    """All that run, and those that have ended.

    Args:
        balancer: in front of the web processes.
        variables: of their environment, beside the tests' own.
        scratch: a directory for what they put aside.
    """

    balancer: Balancer
    variables: dict[str, str]
    scratch: Path
    running: list[Service] = field(default_factory=list)
    ended: list[Service] = field(default_factory=list)

    async def start(self, word: str) -> Service:
        """Start a container's process: `web`, which is behind the balancer when this returns, `worker` or `scheduler`."""
        port = free_port() if word == "web" else 0
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        environment = {**os.environ, "PATH": path, "TMPDIR": str(self.scratch), **self.variables, "PORT": str(port)}
        log = tempfile.TemporaryFile()
        process = subprocess.Popen(
            [*ENTRYPOINT, word], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=PROJECT, env=environment
        )
        service = Service(word, port, process, log)
        self.running.append(service)
        if word == "web":
            backend = Backend(port)
            self.balancer.backends.append(backend)
            deadline = time.monotonic() + START_SECONDS
            while not backend.is_ready:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"a web process never got ready:\n{service.said()}")
                await asyncio.sleep(0.05)
        return service

    async def stop(self, service: Service) -> None:
        """Stop one with SIGTERM and note how long that took; a minute is not waited."""
        began = time.monotonic()
        service.process.terminate()
        try:
            await asyncio.to_thread(service.process.wait, 30)
        except subprocess.TimeoutExpired:
            service.process.kill()
            await asyncio.to_thread(service.process.wait)
        service.drained = time.monotonic() - began
        self.balancer.backends = [one for one in self.balancer.backends if one.port != service.port or not one.port]
        self.running.remove(service)
        self.ended.append(service)

    async def replace(self, service: Service) -> None:
        """Replace one as a release does: a web process's successor is ready before it stops; the scheduler's starts after."""
        if service.word == "scheduler":
            await self.stop(service)
            await self.start(service.word)
        else:
            await self.start(service.word)
            await self.stop(service)

    def close(self) -> None:
        """Stop all that still run, at once."""
        for service in self.running:
            service.process.terminate()
        for service in [*self.running, *self.ended]:
            try:
                service.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                service.process.kill()
                service.process.wait()
            service.log.close()
