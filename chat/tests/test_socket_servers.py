"""The door under the real servers: uvicorn, as local mode starts it, and Daphne give the same codes and frames."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import pytest
from django.conf import settings
from django.db import connection, transaction
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts.realtime import SUBPROTOCOL, user_group
from chat.frames import MAX_BYTES
from lifestring.dispatch import broadcast_on_commit
from lifestring.local.plan import WEB
from lifestring.local.ports import free_port
from lifestring.local.state import PROJECT
from lifestring.testing.people import Person, make_token

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.serial,
    pytest.mark.xdist_group("serial"),
]
NAMES = ("uvicorn", "daphne")
ORIGIN = "https://app.example"


@dataclass
class Server:
    """A server process on the test's database and Redis."""

    port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    @classmethod
    def start(cls, name: str) -> "Server":
        """Start one; it does not answer yet."""
        port = free_port()
        arguments = {
            "uvicorn": [*WEB, "--host", "127.0.0.1", "--port", str(port)],
            "daphne": ["daphne", "-b", "127.0.0.1", "-p", str(port), "lifestring.asgi:application"],
        }[name]
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        environment = {
            **os.environ,
            "DATABASE_URL": urlunsplit(database),
            "REDIS_URL": settings.REDIS_URL,
            "CORS_ORIGINS": ORIGIN,
        }
        log = tempfile.TemporaryFile()
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            env=environment,
        )
        return cls(port, process, log)

    def said(self) -> str:
        """Its log so far."""
        self.log.seek(0)
        return self.log.read().decode()

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"http://127.0.0.1:{self.port}/up").status_code == 200:
                    return
            time.sleep(0.05)
        pytest.fail(f"the server never answered:\n{self.said()}")

    def stop(self) -> None:
        """Stop it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=15)
        self.log.close()

    def connect(self, token: str | None, **options: Any) -> ClientConnection:
        """Open a socket as a browser would, with the token as a subprotocol."""
        options.setdefault("subprotocols", [SUBPROTOCOL, *([f"bearer.{token}"] if token else [])])
        return connect(f"ws://127.0.0.1:{self.port}{options.pop('path', '/ws')}", proxy=None, **options)


@contextlib.contextmanager
def running() -> Iterator[dict[str, Server]]:
    """Both servers, started at once."""
    servers = {name: Server.start(name) for name in NAMES}
    try:
        for server in servers.values():
            server.wait()
        yield servers
    finally:
        for server in servers.values():
            server.stop()


@pytest.fixture(scope="module")
def servers(django_db_setup: None) -> Iterator[dict[str, Server]]:
    """Two processes, one of each server."""
    with running() as started:
        yield started


@pytest.fixture(params=NAMES)
def server(servers: dict[str, Server], request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each server in turn; no test may make it log an error."""
    started = servers[request.param]
    before = len(started.said())
    yield started
    said = started.said()[before:]
    assert "ERROR" not in said, said
    assert "Traceback" not in said, said


def frame_of(socket: ClientConnection, timeout: float = 5) -> dict[str, Any]:
    return json.loads(socket.recv(timeout))


def ask(socket: ClientConnection, **frame: Any) -> dict[str, Any]:
    socket.send(json.dumps(frame))
    return frame_of(socket)


def closed_with(socket: ClientConnection, timeout: float = 5) -> int:
    """The code the server closes with; it must send nothing before."""
    with pytest.raises(ConnectionClosed) as closing:
        pytest.fail(f"it sent {socket.recv(timeout)!r}")
    assert closing.value.rcvd is not None, closing.value
    return closing.value.rcvd.code


def test_it_works(server: Server, alice: Person) -> None:
    with server.connect(make_token(alice.user_id), origin=ORIGIN) as socket:
        assert socket.subprotocol == SUBPROTOCOL
        hello = frame_of(socket)
        assert list(hello) == ["type", "user_id", "connection_id", "server_time"]
        assert (hello["type"], hello["user_id"]) == ("hello", str(alice.user_id))
        assert ask(socket, type="ping", ref="é") == {"type": "pong", "ref": "é"}
        assert ask(socket, type="auth", token=make_token(alice.user_id)) == {"type": "ok", "ref": None}
        assert ask(socket, type="room.destroy", ref="r")["code"] == "unknown_type"


def test_a_header_will_do(server: Server, alice: Person) -> None:
    header = {"Authorization": f"Bearer {make_token(alice.user_id)}"}
    with server.connect(None, subprotocols=None, additional_headers=header) as socket:
        assert socket.subprotocol is None
        assert frame_of(socket)["type"] == "hello"


@pytest.mark.parametrize("token", [None, "nonsense", "expired", "x" * 7000])
def test_it_rejects_a_dead_token_with_a_code_a_browser_sees(server: Server, alice: Person, token: str | None) -> None:
    token = make_token(alice.user_id, exp=1) if token == "expired" else token
    with server.connect(token) as socket:
        assert socket.subprotocol == SUBPROTOCOL
        assert closed_with(socket) == 4401


@pytest.mark.parametrize("options", [{"origin": "https://evil.example"}, {"origin": "null"}, {"path": "/nowhere"}])
def test_a_foreign_page_or_address_is_refused_in_the_handshake(
    server: Server, alice: Person, options: dict[str, str]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        server.connect(make_token(alice.user_id), **options)
    assert refused.value.response.status_code == 403


def test_the_token_ends(server: Server, alice: Person) -> None:
    with server.connect(make_token(alice.user_id, exp=int(time.time()) - 8)) as socket:
        assert [frame_of(socket)["type"], frame_of(socket)["type"]] == ["hello", "auth.expiring"]
        assert closed_with(socket) == 4401


def test_bad_frames_get_errors_and_then_the_end(server: Server, alice: Person) -> None:
    with server.connect(make_token(alice.user_id)) as socket:
        frame_of(socket)
        for bad in ("nonsense", b"\x00\xff", "x" * (MAX_BYTES + 1), "x" * (1024 * 1024), "[]"):
            socket.send(bad)
            assert frame_of(socket)["type"] == "error"
        assert closed_with(socket) == 4400


@pytest.mark.parametrize(("bad", "code"), [("x" * (1024 * 1024 + 1), 1009), (b"\xff\xfe", 1007)])
def test_what_breaks_the_protocol_is_cut_off_by_the_server_itself(
    server: Server, alice: Person, bad: str | bytes, code: int
) -> None:
    with server.connect(make_token(alice.user_id)) as socket:
        frame_of(socket)
        socket.send(bad, text=True)
        assert closed_with(socket) == code


def test_a_flood_is_cut_off(server: Server, alice: Person) -> None:
    with server.connect(make_token(alice.user_id)) as socket:
        frame_of(socket)
        answers = []
        with pytest.raises(ConnectionClosed) as closing:
            for number in range(400):
                socket.send(json.dumps({"type": "ping", "ref": str(number)}))
                answers.append(frame_of(socket))
        assert closing.value.rcvd is not None
        assert closing.value.rcvd.code == 4429
        assert answers[0]["type"] == "pong"
        assert answers[-1]["code"] == "rate_limited"


def test_a_client_that_vanishes_is_no_error(server: Server, alice: Person) -> None:
    for _ in range(3):
        socket = server.connect(make_token(alice.user_id))
        frame_of(socket)
        socket.socket.close()
        with transaction.atomic():
            broadcast_on_commit(user_group(alice.user_id), {"type": "note"})
        with contextlib.suppress(OSError):
            socket.close()
    with server.connect(make_token(alice.user_id)) as socket:
        assert frame_of(socket)["type"] == "hello"


def test_a_broadcast_reaches_the_sockets_of_every_process(
    servers: dict[str, Server], alice: Person, bob: Person
) -> None:
    frame = {"type": "string.liked", "text": "né 👍", "n": [1, 2.5, None]}
    token = make_token(alice.user_id)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(servers[name].connect(token)) for name in NAMES * 2]
        stranger = stack.enter_context(servers["daphne"].connect(make_token(bob.user_id)))
        for socket in (*sockets, stranger):
            assert frame_of(socket)["type"] == "hello"
        with transaction.atomic():
            broadcast_on_commit(user_group(alice.user_id), frame)
        assert [frame_of(socket) for socket in sockets] == [frame] * 4
        assert ask(stranger, type="ping")["type"] == "pong"


def test_a_server_that_stops_says_so(django_db_setup: None, alice: Person) -> None:
    with running() as started, contextlib.ExitStack() as stack:
        sockets = []
        for server in started.values():
            sockets.append(stack.enter_context(server.connect(make_token(alice.user_id))))
            assert frame_of(sockets[-1])["type"] == "hello"
        for server in started.values():
            server.process.send_signal(signal.SIGTERM)
        assert [closed_with(socket) for socket in sockets] == [1012, 1012]
        for server in started.values():
            server.process.wait(timeout=10)
            assert "Traceback" not in server.said(), server.said()
