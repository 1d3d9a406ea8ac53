"""`python -m lifestring.web_server`: uvicorn, with bounds on what it does not bound by itself.

uvicorn waits for ever for a request's head, keeps as much of it as is sent, and waits for ever for a client that does not
read its answer. Daphne, by Twisted, bounds all of that (docs/operations.md, Slow and greedy clients). Every option of
uvicorn's command line is there.
"""

import asyncio
import json
import sys
from http import HTTPStatus
from typing import Any

import uvicorn
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lifestring.errors import DomainError, ErrorCode, error_body
from lifestring.security_headers import Headers, security_headers

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 100
# How long a client may leave unread what fills its connection, in parts of what a request may take to arrive.
STALL_PARTS = 3

_TOO_MUCH_HEAD = DomainError("The headers are too large.", code=ErrorCode.BAD_REQUEST, status=431)
_TOO_MANY = DomainError("There are too many connections.", code=ErrorCode.UNAVAILABLE, status=503)


class BoundedProtocol(HttpToolsProtocol):
    """One connection, until it becomes a socket.

    A connection beyond `MAX_CONNECTIONS` gets 503, a head beyond the bounds 431; one that does not arrive in time, and an
    answer that is not read, end the connection without a word.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, which must soon begin to ask something."""
        super().connection_made(transport)
        self.head_bytes = 0
        self.head_is_open = False
        self.stalled: asyncio.TimerHandle | None = None
        self.late: asyncio.TimerHandle | None = self.loop.call_later(settings.REQUEST_SECONDS, transport.close)
        if len(self.connections) > settings.MAX_CONNECTIONS:
            self._refuse(_TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        super().connection_lost(exc)
        self._arrived()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Read on, as far as a head may go."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.head_is_open:
            self.head_bytes += len(data)
            if self.late is None:
                self.late = self.loop.call_later(settings.REQUEST_SECONDS, self.transport.close)
            if self.head_bytes > MAX_HEAD_BYTES:
                self._refuse(_TOO_MUCH_HEAD)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.head_is_open = True
        self.head_bytes = 0

    def on_headers_complete(self) -> None:
        """Its head is there, whole; one that came at once is measured here."""
        self.head_is_open = False
        self._arrived()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > MAX_HEADERS or size > MAX_HEAD_BYTES:
            self.app = _head_too_large
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client does not read as fast as it is answered."""
        super().pause_writing()
        self.stalled = self.loop.call_later(STALL_PARTS * settings.REQUEST_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        if self.stalled is not None:
            self.stalled.cancel()
            self.stalled = None

    def _arrived(self) -> None:
        if self.late is not None:
            self.late.cancel()
            self.late = None

    def _refuse(self, error: DomainError) -> None:
        """Answer where there is no request to answer."""
        if not self.transport.is_closing():
            head = b"".join(b"%s: %s\r\n" % header for header in _headers_of(error))
            status = f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n".encode()
            self.transport.write(status + head + b"\r\n" + _body_of(error))
            self.transport.close()


def _body_of(error: DomainError) -> bytes:
    return json.dumps(error_body(error)).encode()


def _headers_of(error: DomainError) -> Headers:
    length = str(len(_body_of(error))).encode()
    own = [(b"content-type", b"application/json"), (b"content-length", length), (b"connection", b"close")]
    return [*own, *security_headers()]


async def _head_too_large(_scope: Any, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """What answers in the application's place."""
    error = _TOO_MUCH_HEAD
    await send(
        {"type": "http.response.start", "status": error.status, "headers": _headers_of(error), "trailers": False}
    )
    await send({"type": "http.response.body", "body": _body_of(error), "more_body": False})


# Also in every process that uvicorn starts: each of them imports this module.
HTTP_PROTOCOLS["auto"] = f"{__spec__.name}:{BoundedProtocol.__name__}"

if __name__ == "__main__":
    try:
        uvicorn.main()
    except ImproperlyConfigured as error:
        sys.exit(f"The configuration is refused: {error}")
