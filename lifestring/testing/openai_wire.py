"""What goes over the wire of the stand-in for OpenAI (lifestring/testing/openai_server.py)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What goes over the wire.

    Args:
        status: the HTTP status.
        body: an object to send as JSON, or bytes to send as they are.
        headers: beyond the usual ones.
        delay: how many seconds to wait before it.
        delay_per_byte: how many seconds each byte takes.
    """

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    delay_per_byte: float = 0.0


@dataclass(frozen=True)
class Pause:
    """So many seconds without a byte."""

    seconds: float


class Cut:
    """The connection breaks."""


@dataclass
class Stream:
    """Server-Sent Events: pieces of the body, with pauses between them."""

    steps: Iterator[bytes | Pause | Cut]


def event(data: Any) -> bytes:
    """Return one event."""
    return b"data: %b\n\n" % (data if isinstance(data, bytes) else json.dumps(data).encode())


def failure(
    status: int, code: str = "server_error", *, about: str = "", param: str | None = None, **headers: str
) -> Reply:
    """Return an error as the API words it; `about` follows its usual sentence."""
    error = {"message": f"It is {code}.{about}", "type": code, "param": param, "code": code}
    return Reply(status, {"error": error}, {name.replace("_", "-"): value for name, value in headers.items()})


def too_many(retry_after: float | str | None = None) -> Reply:
    """Return a 429, with the pause asked for where one is given."""
    return failure(429, "rate_limit_exceeded", **({} if retry_after is None else {"retry_after": str(retry_after)}))


HTML = Reply(200, b"<!DOCTYPE html><title>Bad gateway</title>", {"Content-Type": "text/html"})
GARBAGE = Reply(200, b'{"object": "list", "data": [{"ind')
