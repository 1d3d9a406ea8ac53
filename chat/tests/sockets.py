"""Sockets for tests, against the whole ASGI application in the test's own process."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.testing import WebsocketCommunicator
from django.utils.module_loading import import_string

from accounts.realtime import SUBPROTOCOL
from lifestring.testing.live_documented import assert_frame_documented
from lifestring.testing.people import Person, make_token
from lifestring.threads import in_socket_thread


def application() -> Any:
    """The whole ASGI application; loading it asks the database, so tests do that and not their import."""
    return import_string("lifestring.asgi.application")


def story(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test in a loop of its own, after its fixtures were made in the test's thread."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        application()
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 20))

    return run


def quick_story(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test that needs no application."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 20))

    return run


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Use the ORM from an async test."""
    return in_socket_thread(function)


@pytest.fixture(autouse=True)
def calm_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing a client does is an error of ours; modules import this to hold all of their tests to it."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


class Socket(WebsocketCommunicator):
    """A client's side of a socket."""

    # Channels replaces the closing of database connections in its own versions, which is part of what is tested.
    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output

    # Types that are passed over: presence comes a moment after what caused it, and is tested by itself.
    ignored: frozenset[str] = frozenset()

    # Types that tests made up, to see that whatever is broadcast goes through.
    made_up: frozenset[str] = frozenset()

    async def frame(self, timeout: float = 2) -> dict[str, Any]:
        """The next frame; all of them must be as the AsyncAPI document says."""
        while True:
            found: dict[str, Any] = await self.receive_json_from(timeout)
            if found["type"] not in self.made_up:
                assert_frame_documented(found)
            if found["type"] not in self.ignored:
                return found

    async def quiet(self, timeout: float = 0.05) -> None:
        """Fail where anything comes."""
        while not await self.receive_nothing(timeout):
            frame = await self.receive_json_from()
            assert frame["type"] in self.ignored, frame

    async def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and return the next one that comes."""
        await self.send_json_to(frame)
        return await self.frame()

    async def close_code(self, timeout: float = 2) -> int:
        """The code the server closes with; it must send nothing before."""
        message = await self.receive_output(timeout)
        assert message["type"] == "websocket.close", message
        # As servers do.
        await self.send_input({"type": "websocket.disconnect", "code": message["code"]})
        await self.wait()
        return message["code"]


def socket_for(
    token: str | None, *, path: str = "/ws", header: bool = False, origins: tuple[str, ...] = (), **scope: Any
) -> Socket:
    """A socket that is not open yet, with a token (None: none) as subprotocol or header."""
    headers = [(b"origin", origin.encode()) for origin in origins]
    subprotocols = scope.pop("subprotocols", [SUBPROTOCOL, f"bearer.{token}"] if token and not header else [])
    if header:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    return Socket(application(), path, headers=headers, subprotocols=subprotocols)


@contextlib.asynccontextmanager
async def opened(person: Person, **claims: Any) -> AsyncIterator[Socket]:
    """An open socket of a person, greeted already; closed at the end unless the server did."""
    socket = socket_for(make_token(person.user_id, **claims))
    assert await socket.connect(timeout=5) == (True, SUBPROTOCOL)
    assert (await socket.frame())["type"] == "hello"
    try:
        yield socket
    finally:
        if not socket.future.done():
            await socket.disconnect()


def seconds_from_now(seconds: int) -> int:
    """An `exp` claim."""
    return int(time.time()) + seconds
