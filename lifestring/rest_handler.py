"""Django's synchronous request path under an ASGI server, in one thread hop.

Django's own ASGI handler changes threads several times per request (docs/performance.md has the figures). REST needs
none of what that buys: here the whole request, middleware and view and rendering, runs in one worker thread of a small
pool. What then waits for something slow goes on upon the event loop (lifestring/later.py); sockets are served elsewhere in
lifestring/asgi.py.

What is asked about the process's health does not queue behind requests that wait for a database: `/up` is answered on the
event loop, `/ready` and `/metrics` in threads of their own.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.core import signals
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from lifestring import draining
from lifestring.dispatch import send_from_this_loop
from lifestring.error_rendering import error_response
from lifestring.errors import DomainError, ErrorCode
from lifestring.later import LaterResponse
from lifestring.security_headers import CONTENT_POLICY, Headers, security_headers

# How much of a body over the limit is read and thrown away before the answer.
DRAIN_BYTES = 4 * 1024 * 1024
DRAIN_SECONDS = 2.0
_AT_ONCE = contextlib.nullcontext()
PROBE_THREADS = 4
PROBES = ("/ready", "/metrics")


class PayloadTooLarge(Exception):  # noqa: N818 - a signal between two functions here
    """The body passed the limit."""


class RestHandler(BaseHandler):
    """An ASGI application for HTTP.

    Args:
        threads: requests served at once in this process; more than a few only contend for the interpreter.
        max_body_bytes: larger bodies get 413 without being read to the end.
        request_seconds: bodies that take longer to arrive get 408.
        stream_threads: streams that need a thread under way at once, apart so that slow readers cannot starve REST.
    """

    def __init__(
        self, *, threads: int, max_body_bytes: int, request_seconds: float = 20.0, stream_threads: int = 8
    ) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self.max_body_bytes = max_body_bytes
        self.request_seconds = request_seconds
        self.with_data = security_headers()
        self.with_pages = self.with_data[:-1]  # which bring a policy of their own
        self.workers = ThreadPoolExecutor(threads, thread_name_prefix="rest")
        self.probes = ThreadPoolExecutor(PROBE_THREADS, thread_name_prefix="probe")
        self.streams = ThreadPoolExecutor(stream_threads, thread_name_prefix="rest-stream")

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        refused, body = None, b""
        try:
            # A deadline costs more than reading no body does.
            async with asyncio.timeout(self.request_seconds) if _has_body(scope) else _AT_ONCE:
                body = await self._read_body(scope, receive)
        except PayloadTooLarge:
            await _drain(receive)
            refused = _unread("The body is too large.", ErrorCode.PAYLOAD_TOO_LARGE, 413)
        except TimeoutError:
            refused = _unread("The body did not arrive in time.", ErrorCode.REQUEST_TIMEOUT, 408)
        except ConnectionError:
            return
        path = scope["path"].rstrip("/")
        if path == "/up":
            response = self._respond(scope, body, refused)
        else:
            # What the request broadcasts then leaves from here, over a connection that is there already.
            send_from_this_loop()
            threads = self.probes if path in PROBES else self.workers
            response = await asyncio.get_running_loop().run_in_executor(threads, self._serve, scope, body, refused)
        if isinstance(response, LaterResponse) and not await _while_connected(response.settle(), receive):
            return
        headers = _headers(response)
        headers += self.with_pages if response.has_header(CONTENT_POLICY) else self.with_data
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers,
                    "trailers": False})  # fmt: skip
        if isinstance(response, StreamingHttpResponse) and scope["method"] != "HEAD":
            stream = self._stream_on_the_loop if response.is_async else self._stream
            await stream(response, receive, send)
        else:
            content = b"" if scope["method"] == "HEAD" else cast(HttpResponse, response).content
            await send({"type": "http.response.body", "body": content, "more_body": False})

    def resolve_request(self, request: HttpRequest) -> Any:
        """Answer a request that was refused before it reached any view; middleware treats it like every other."""
        if refused := getattr(request, "refused", None):
            return (lambda _: error_response(refused)), (), {}
        return super().resolve_request(request)

    async def _stream(
        self, response: StreamingHttpResponse, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        gone = threading.Event()

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()

        loop = asyncio.get_running_loop()
        watching = asyncio.create_task(watch())
        try:
            await loop.run_in_executor(self.streams, _pump, response, send, loop, gone)
        finally:
            gone.set()
            watching.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stream_on_the_loop(
        self, response: StreamingHttpResponse, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        async def pump() -> None:
            async with contextlib.aclosing(cast("AsyncGenerator[bytes]", aiter(response))) as chunks:
                async for chunk in chunks:
                    message: Any = {"type": "http.response.body", "body": chunk, "more_body": True}
                    await send(message)

        try:
            finished = await _while_connected(pump(), receive)
        finally:
            response.close()
        if finished:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _read_body(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> bytes:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self.max_body_bytes:
                raise PayloadTooLarge
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            chunk = cast(bytes, message.get("body", b""))
            size += len(chunk)
            if size > self.max_body_bytes:
                raise PayloadTooLarge
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _serve(self, scope: HTTPScope, body: bytes, refused: DomainError | None) -> HttpResponseBase:
        """Run one request in this thread; the database connection goes back when it is done."""
        signals.request_started.send(sender=self.__class__, scope=scope)
        response = self._respond(scope, body, refused)
        if isinstance(response, StreamingHttpResponse) and scope["method"] != "HEAD":
            close_old_connections()  # it streams from another thread, with a connection of that one
        else:
            response.close()
        return response

    def _respond(self, scope: HTTPScope, body: bytes, refused: DomainError | None) -> HttpResponseBase:
        set_script_prefix(scope.get("root_path", "") or "/")
        try:
            request = ASGIRequest(cast(Any, scope), BytesIO(body))
        except UnicodeDecodeError:
            request = ASGIRequest(cast(Any, {**scope, "query_string": b""}), BytesIO())
            refused = DomainError("The address is not UTF-8.")
        # A chunked body comes without its length, and DRF reads no body without one.
        request.META["CONTENT_LENGTH"] = str(len(body))
        request.refused = refused  # type: ignore[attr-defined]
        return self.get_response(cast(HttpRequest, request))


def _has_body(scope: HTTPScope) -> bool:
    """Whether one is announced, as HTTP/1.1 asks for; without that, receiving it does not wait."""
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _unread(message: str, code: ErrorCode, status: int) -> DomainError:
    # What follows on this connection is the rest of the body.
    return DomainError(message, code=code, status=status, headers={"Connection": "close"})


async def _while_connected(work: Coroutine[Any, Any, None], receive: ASGIReceiveCallable) -> bool:
    """Run it as long as there is a client, and wait until it has ended either way; returns whether it came to its end."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    loop = asyncio.get_running_loop()
    working, watching = loop.create_task(work), loop.create_task(watch())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        watching.cancel()
        if not working.done():
            working.cancel()
        await asyncio.wait({working, watching})
    if working.cancelled():
        return False
    working.result()
    return True


async def _drain(receive: ASGIReceiveCallable) -> None:
    """Read on for a moment: a client still busy sending would find a closed connection instead of the answer."""
    drained = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while drained < DRAIN_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                drained += len(cast(bytes, message.get("body", b"")))


def _pump(
    response: StreamingHttpResponse, send: ASGISendCallable, loop: asyncio.AbstractEventLoop, gone: threading.Event
) -> None:
    """Send a stream's chunks from one thread, which keeps one database connection, until the reader is gone."""
    try:
        for chunk in cast("Iterator[bytes]", response):
            if gone.is_set():
                break
            message: Any = {"type": "http.response.body", "body": chunk, "more_body": True}
            asyncio.run_coroutine_threadsafe(cast(Any, send(message)), loop).result()
    finally:
        response.close()


def _headers(response: HttpResponseBase) -> Headers:
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    if not response.streaming and not response.has_header("Content-Length") and response.status_code not in {204, 304}:
        headers.append((b"content-length", str(len(cast(HttpResponse, response).content)).encode()))
    if draining.has_begun() and not response.has_header("Connection"):
        headers.append((b"connection", b"close"))
    headers.extend((b"set-cookie", cookie.OutputString().encode("latin-1")) for cookie in response.cookies.values())
    return headers
