"""The cheapest clients Python has: sockets that only count frames, and keep-alive HTTP, so that the load is not measured.

The sockets speak just enough of RFC 6455 for our servers: no fragments, no compression unless it is asked for.
"""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_FINAL, _MASKED = 0x80, 0x80
# A mask of zeros is one, and leaves the text as it is.
_NO_MASK = bytes(4)

OnText = Callable[["Socket", bytes], None]


class Socket(asyncio.Protocol):
    """A client's side of a socket.

    Args:
        on_text: called with each text frame.
    """

    def __init__(self, on_text: OnText) -> None:
        self.on_text = on_text
        self.closed: str | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_open = False
        self._left = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take what came apart into frames."""
        data = self._left + data if self._left else data
        at = 0 if self._is_open else self._after_handshake(data)
        end = len(data)
        while at >= 0 and end - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if end < start + length:
                break
            self._take(data[at] & 0x0F, data[start : start + length])
            at = start + length
        self._left = data[max(at, 0) :]

    def _after_handshake(self, data: bytes) -> int:
        head_ends = data.find(b"\r\n\r\n")
        if head_ends < 0:
            return -1
        if not data.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(data[:200].decode("latin-1"))
        self._is_open = True
        self._opened.set_result(None)
        return head_ends + 4

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self.on_text(self, payload)
        elif opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            self.closed = str(int.from_bytes(payload[:2]))
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember how it ended."""
        self.closed = self.closed or f"lost: {exc}"
        if not self._opened.done():
            self._opened.set_exception(ConnectionError("it was closed before it was open"))

    def send(self, text: bytes) -> None:
        """Send a text frame."""
        self._send(_TEXT, text)

    def _send(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes([_MASKED | size]) if size < 126 else bytes([_MASKED | 126]) + size.to_bytes(2)
        self._transport.write(bytes([_FINAL | opcode]) + length + _NO_MASK + payload)

    def close(self) -> None:
        """Drop the connection."""
        self._transport.close()

    async def handshake(self, token: str, *, compressed: bool = False) -> None:
        """Ask for a socket, and wait until it is granted."""
        lines = [
            "GET /ws HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            f"Authorization: Bearer {token}",
            *(["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] if compressed else []),
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
        await self._opened


async def open_socket(port: int, token: str, on_text: OnText, *, compressed: bool = False) -> Socket:
    """Return an open socket; compressed frames are handed over as they are."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(on_text), "127.0.0.1", port)
    await socket.handshake(token, compressed=compressed)
    return socket


class Poster:
    """One keep-alive connection that posts JSON."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> bytes:
        """Post a body and return the answer's, which must be a success."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1024 * 1024)
        reader, writer = self._streams
        writer.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith((b"http/1.1 200", b"http/1.1 201")):
            raise RuntimeError(head.decode("latin-1"))
        _, declared, rest = head.partition(b"content-length:")
        return await reader.readexactly(int(rest.split(b"\r\n")[0])) if declared else b""
