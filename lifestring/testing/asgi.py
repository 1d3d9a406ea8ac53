"""Driving the ASGI application as a server does, message by message."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpHeaders


@dataclass
class Answer:
    """What the application sent for one request; `chunks` are the bodies of its messages."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def start(self) -> dict[str, Any]:
        """The message that carries status and headers."""
        return self.messages[0]

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return int(self.start["status"])

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers as they were sent, repeated ones included."""
        return list(self.start["headers"])

    @property
    def headers(self) -> HttpHeaders:
        """The headers by name, whatever its case."""
        return HttpHeaders({f"HTTP_{name.decode().replace('-', '_')}": value.decode("latin-1")
                            for name, value in self.raw_headers} |
                           {"CONTENT_TYPE": self._first(b"content-type"), "CONTENT_LENGTH": self._first(b"content-length")})  # fmt: skip

    @property
    def chunks(self) -> list[bytes]:
        """The body as it came."""
        return [message.get("body", b"") for message in self.messages[1:]]

    @property
    def content(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)

    def _first(self, wanted: bytes) -> str:
        return next((value.decode("latin-1") for name, value in self.raw_headers if name == wanted), "")


def scope(method: str, path: str, *, query: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return the scope of an HTTP request to testserver; `path` is the decoded path."""
    sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"testserver"), *sent],
        "client": ("127.0.0.1", 40_000),
        "server": ("testserver", 80),
    }


def parts(*chunks: bytes) -> list[dict[str, Any]]:
    """Return the messages of a body that arrives in these pieces."""
    bodies = chunks or (b"",)
    last = len(bodies) - 1
    return [{"type": "http.request", "body": body, "more_body": at < last} for at, body in enumerate(bodies)]


async def serve(app: Any, request: dict[str, Any], incoming: Sequence[dict[str, Any]] | None = None) -> Answer:
    """Run one request through the application; after `incoming` the client stays silent, connected."""
    waiting = list(parts() if incoming is None else incoming)
    answer = Answer()

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("an event nobody sets was set")

    async def send(message: dict[str, Any]) -> None:
        answer.messages.append(message)

    await app(request, receive, send)
    return answer


def call(app: Any, method: str, path: str, *, body: bytes = b"", **wanted: Any) -> Answer:
    """Run one request with a known length, from code that is not async; more arguments as for `scope`."""
    headers = [*wanted.pop("headers", ())]
    if body:
        headers += [("Content-Length", str(len(body))), ("Content-Type", "application/json")]
    return asyncio.run(serve(app, scope(method, path, headers=headers, **wanted), parts(body)))
