"""A small HTTP balancer, as strict as real ones: it asks `/ready`, keeps connections, and tries again only what it may.

What could not be sent, because no connection came about, goes elsewhere. What was sent and not answered with a single byte
is sent again only where its method is safe: a POST that a server may have seen fails.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field

LOOK_SECONDS = 0.3
LOOK_TIMEOUT = 2.0
# How long a request waits for a server that is ready.
PATIENCE = 10.0
SAFE = (b"GET", b"HEAD")

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class UnansweredError(ConnectionError):
    """The server closed the connection before the first byte of an answer."""


@dataclass
class Backend:
    """One server behind the balancer; `idle` are connections left open for the next request."""

    port: int
    is_ready: bool = False
    idle: list[Line] = field(default_factory=list)


@dataclass
class Head:
    """The head of a request or an answer: `first` is its first line, and names of headers are in lower case."""

    first: bytes
    raw: list[tuple[bytes, bytes]]

    def get(self, name: bytes) -> bytes:
        """Return a header's value, empty where there is none."""
        return next((value for key, value in self.raw if key.lower() == name), b"")

    def lines(self, *, without: tuple[bytes, ...] = ()) -> bytes:
        """Return it as it goes over the wire."""
        kept = [b"%b: %b" % pair for pair in self.raw if pair[0].lower() not in without]
        return b"\r\n".join([self.first, *kept, b"", b""])


class Balancer:
    """Serves on `port`; `backends` may change while it runs."""

    def __init__(self) -> None:
        self.backends: list[Backend] = []
        self.port = 0
        self.retried = 0
        self.failed: list[str] = []
        self._next = 0
        self._server: asyncio.Server | None = None
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Balancer":
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        self._looking = asyncio.create_task(self._keep_looking())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; connections that are still open are dropped."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    # --- which server ---

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.gather(*(self._look(backend) for backend in list(self.backends)))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, backend: Backend) -> None:
        first = b""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LOOK_TIMEOUT):
                reader, writer = await asyncio.open_connection("127.0.0.1", backend.port)
                try:
                    writer.write(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    first = await reader.readline()
                finally:
                    writer.close()
        backend.is_ready = b" 200 " in first

    async def _line(self, tried: set[int], *, fresh: bool) -> tuple[Backend, Line]:
        """A connection to a ready server, one of those that were not tried yet where there is any."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            ready = [one for one in self.backends if one.is_ready]
            ready = [one for one in ready if one.port not in tried] or ready
            if ready:
                self._next += 1
                backend = ready[self._next % len(ready)]
                while backend.idle and not fresh:
                    line = backend.idle.pop()
                    if not line[0].at_eof() and not line[1].is_closing():
                        return backend, line
                with contextlib.suppress(OSError):
                    return backend, await asyncio.open_connection("127.0.0.1", backend.port)
                self.retried += 1
                tried.add(backend.port)
            await asyncio.sleep(0.05)
        raise ConnectionError("no server is ready")

    # --- one client ---

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await _read_head(reader)) is not None:
                if head.get(b"upgrade"):
                    await self._tunnel(head, reader, writer)
                    return
                body = await reader.readexactly(int(head.get(b"content-length") or 0))
                if not await self._answer(head, body, writer):
                    return
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: Head, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Send one request on and its answer back; returns whether the client's connection stays."""
        tried = set[int]()
        method = head.first.split()[0]
        while True:
            try:
                backend, line = await self._line(tried, fresh=bool(tried))
                answer = await _ask(line, head.lines(without=(b"connection",)) + body)
                break
            except UnansweredError:
                line[1].close()
                if method in SAFE and len(tried) < len(self.backends):
                    self.retried += 1
                    tried.add(backend.port)
                    continue
                self.failed.append(f"{head.first.decode()}: sent, and closed without an answer")
            except ConnectionError as error:
                self.failed.append(f"{head.first.decode()}: {error}")
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        try:
            writer.write(answer.lines(without=(b"connection",)))
            await _copy_body(answer, line[0], writer, has_none=method == b"HEAD")
        except BaseException:
            line[1].close()
            raise
        if b"close" in answer.get(b"connection").lower():
            line[1].close()
        else:
            backend.idle.append(line)
        return True

    async def _tunnel(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A WebSocket: bytes in both directions until either side has closed."""
        _, line = await self._line(set(), fresh=True)
        line[1].write(head.lines())
        both = [asyncio.create_task(_pipe(reader, line[1])), asyncio.create_task(_pipe(line[0], writer))]
        try:
            await asyncio.wait(both)
        finally:
            for task in both:
                task.cancel()
            line[1].close()


async def _read_head(reader: asyncio.StreamReader) -> Head | None:
    try:
        text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = text[:-4].split(b"\r\n")
    pairs = [line.partition(b":") for line in rest]
    return Head(first, [(name, value.strip()) for name, _, value in pairs])


async def _ask(line: Line, request: bytes) -> Head:
    try:
        line[1].write(request)
        await line[1].drain()
        answer = await _read_head(line[0])
    except OSError as error:
        raise UnansweredError from error
    if answer is None:
        raise UnansweredError
    return answer


async def _copy_body(head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, has_none: bool) -> None:
    status = head.first.split()[1]
    if has_none or status in {b"204", b"304"}:
        return
    if head.get(b"transfer-encoding") == b"chunked":
        size = -1
        while size:
            start = await reader.readuntil(b"\r\n")
            size = int(start, 16)
            writer.write(start + await reader.readexactly(size + 2))
            await writer.drain()
        return
    writer.write(await reader.readexactly(int(head.get(b"content-length") or 0)))
    await writer.drain()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    except OSError:
        pass
    finally:
        # What was written before still goes out.
        writer.close()
