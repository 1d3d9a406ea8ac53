"""The product under real servers, in processes of their own, on the test's database and Redis."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from django.http import HttpHeaders

from lifestring.local.plan import WEB
from lifestring.local.ports import free_port
from lifestring.testing.environment import PROJECT

NAMES = ("uvicorn", "daphne")
APPLICATION = "lifestring.asgi:application"


@dataclass(frozen=True)
class HttpAnswer:
    """What came over the wire."""

    status_code: int
    headers: HttpHeaders
    content: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


@dataclass(frozen=True)
class WebServer:
    """One running server process."""

    port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def said(self) -> str:
        """Its log so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> HttpAnswer:
        """Send one request on a connection of its own; a body that is an iterator goes in chunks without a length."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body=body, headers=headers or {})
            answer = line.getresponse()
            sent = {f"HTTP_{name.replace('-', '_')}": value for name, value in answer.getheaders()}
            plain = {
                name: answer.headers.get(name.replace("_", "-"), "") for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
            }
            return HttpAnswer(answer.status, HttpHeaders(sent | plain), answer.read())
        finally:
            line.close()

    def wait(self, seconds: float = 30) -> None:
        """Wait until it answers.

        Raises:
            RuntimeError: it does not, within so many seconds.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if self.send("GET", "/up").status_code == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server never answered:\n{self.said()}")


def start(name: str, application: str = APPLICATION, **variables: str) -> WebServer:
    """Start a server, `uvicorn` or `daphne`, which does not answer yet; needs the test database set up.

    Args:
        name: which.
        application: where it is.
        variables: of its environment, beside the tests' own.
    """
    port = free_port()
    arguments = {
        "uvicorn": [*WEB, "--host", "127.0.0.1", "--port", str(port)],
        "daphne": ["daphne", "-b", "127.0.0.1", "-p", str(port), APPLICATION],
    }[name]
    arguments = [application if argument == APPLICATION else argument for argument in arguments]
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {**os.environ, "DATABASE_URL": urlunsplit(database), "REDIS_URL": settings.REDIS_URL, **variables}
    log = tempfile.TemporaryFile()
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=PROJECT,
        env=environment,
    )
    return WebServer(port, process, log)


@contextmanager
def running(*names: str, **variables: str) -> Iterator[dict[str, WebServer]]:
    """Run these servers, started at once, with these variables; needs the test database set up."""
    servers = {name: start(name, **variables) for name in names}
    try:
        for server in servers.values():
            server.wait()
        yield servers
    finally:
        for server in servers.values():
            server.process.send_signal(signal.SIGTERM)
        for server in servers.values():
            server.process.wait(timeout=15)
            server.log.close()
