"""What Daphne does not do for sockets by itself: wait for slow readers, also with a goodbye, and say that it stops.

uvicorn's `send` waits while the client does not read. Daphne's never does: it writes into a buffer that grows. Twisted,
beneath it, tells a registered producer when that buffer is full and when it is empty again, which is all that is needed.
A second after a close frame Daphne resets a connection whose client has not answered, and with it goes what that client
has still to read, the reason among it; uvicorn waits for ten. And where uvicorn closes with 1012 when it stops, Daphne
drops its connections without a word, and refuses that code.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from accounts.realtime import CloseCode
from chat.outgoing import Send

# From the close frame to the client's answer, as under uvicorn.
GOODBYE_SECONDS = 10.0


class _Tap:
    """A Twisted push producer that only remembers whether it may produce."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.is_open.set()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Called when the transport's buffer is full."""
        self.is_open.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Called when it is empty again."""
        self.is_open.set()

    stopProducing = resumeProducing  # noqa: N815 - Twisted's name; called when the connection is lost


@contextlib.contextmanager
def adapted(send: Send) -> Iterator[Send]:
    """Lend a `send` that waits while the client does not read, under whichever server this is."""
    # Daphne binds its handler to the connection's protocol.
    protocol: Any = send.args[0] if isinstance(send, partial) and send.args else None
    transport: Any = getattr(protocol, "transport", None)
    if not hasattr(transport, "registerProducer"):
        yield send
        return
    tap = _Tap()
    # In place of the HTTP request that the socket began as.
    transport.unregisterProducer()
    transport.registerProducer(tap, True)
    protocol.closeHandshakeTimeout = GOODBYE_SECONDS

    async def waiting_send(message: Any) -> None:
        await tap.is_open.wait()
        await send(message)

    def say_goodbye() -> None:
        protocol.sendClose(int(CloseCode.RESYNC))
        # The connection is dropped before the reactor would write again.
        transport.doWrite()

    reactor = protocol.factory.reactor
    goodbye = reactor.addSystemEventTrigger("before", "shutdown", say_goodbye)
    try:
        yield waiting_send
    finally:
        # It cannot be taken back while it runs.
        with contextlib.suppress(KeyError, ValueError):
            reactor.removeSystemEventTrigger(goodbye)
