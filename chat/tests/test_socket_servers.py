"""The door under the real servers: uvicorn, as local mode starts it, and Daphne give the same codes and frames."""

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
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


@pytest.fixture
def each(servers: dict[str, Server]) -> Iterator[list[Server]]:
    """Each server in turn; no test may make one log an error."""
    before = {name: len(server.said()) for name, server in servers.items()}
    yield list(servers.values())
    for name, server in servers.items():
        said = server.said()[before[name] :]
        assert "ERROR" not in said, said
        assert "Traceback" not in said, said


def frame_of(socket: ClientConnection, timeout: float = 5) -> dict[str, Any]:
    return json.loads(socket.recv(timeout))


def ask(socket: ClientConnection, **frame: Any) -> dict[str, Any]:
    socket.send(json.dumps(frame))
    return frame_of(socket)


def closed_with(socket: ClientConnection, timeout: float = 5) -> int | None:
    """The code the server closes with, None for none; it must send nothing before."""
    with pytest.raises(ConnectionClosed) as closing:
        pytest.fail(f"it sent {socket.recv(timeout)!r}")
    return closing.value.rcvd and closing.value.rcvd.code


def test_it_works(each: list[Server], alice: Person) -> None:
    for server in each:
        with server.connect(make_token(alice.user_id), origin=ORIGIN) as socket:
            assert socket.subprotocol == SUBPROTOCOL
            hello = frame_of(socket)
            assert list(hello) == ["type", "user_id", "connection_id", "server_time"]
            assert (hello["type"], hello["user_id"]) == ("hello", str(alice.user_id))
            assert ask(socket, type="ping", ref="é") == {"type": "pong", "ref": "é"}
            assert ask(socket, type="auth", token=make_token(alice.user_id)) == {"type": "ok", "ref": None}
            assert ask(socket, type="room.destroy", ref="r")["code"] == "unknown_type"


def test_a_header_will_do(each: list[Server], alice: Person) -> None:
    header = {"Authorization": f"Bearer {make_token(alice.user_id)}"}
    for server in each:
        with server.connect(None, subprotocols=None, additional_headers=header) as socket:
            assert socket.subprotocol is None
            assert frame_of(socket)["type"] == "hello"


def test_it_rejects_a_dead_token_with_a_code_a_browser_sees(each: list[Server], alice: Person) -> None:
    for server in each:
        for token in (None, "nonsense", make_token(alice.user_id, exp=1), "x" * 7000):
            with server.connect(token) as socket:
                assert socket.subprotocol == SUBPROTOCOL
                assert closed_with(socket) == 4401


def test_keys_that_cannot_be_had_are_no_dead_token(each: list[Server], alice: Person) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    token = jwt.encode({"sub": str(alice.user_id)}, key, algorithm="ES256", headers={"kid": "new"})
    for server in each:
        with server.connect(token) as socket:
            assert closed_with(socket) == 4503


def test_a_foreign_page_or_address_is_refused_in_the_handshake(each: list[Server], alice: Person) -> None:
    for server in each:
        for options in ({"origin": "https://evil.example"}, {"origin": "null"}, {"path": "/nowhere"}):
            with pytest.raises(InvalidStatus) as refused, server.connect(make_token(alice.user_id), **options):
                pass
            assert refused.value.response.status_code == 403


def test_the_token_ends(each: list[Server], alice: Person) -> None:
    with contextlib.ExitStack() as stack:
        token = make_token(alice.user_id, exp=int(time.time()) - 8)
        for socket in [stack.enter_context(server.connect(token)) for server in each]:
            assert [frame_of(socket)["type"], frame_of(socket)["type"]] == ["hello", "auth.expiring"]
            assert closed_with(socket) == 4401


def test_bad_frames_get_errors_and_then_the_end(each: list[Server], alice: Person) -> None:
    for server in each:
        with server.connect(make_token(alice.user_id)) as socket:
            frame_of(socket)
            for bad in ("nonsense", b"\x00\xff", "x" * (MAX_BYTES + 1), "x" * (1024 * 1024), "[]"):
                socket.send(bad)
                assert frame_of(socket)["type"] == "error"
            assert closed_with(socket) == 4400


def test_what_breaks_the_protocol_is_cut_off_by_the_server_itself(servers: dict[str, Server], alice: Person) -> None:
    # Daphne closes without a code.
    codes = {"uvicorn": [1009, 1007], "daphne": [None, None]}
    for name, server in servers.items():
        for bad, code in zip(("x" * (1024 * 1024 + 1), b"\xff\xfe"), codes[name], strict=True):
            with server.connect(make_token(alice.user_id)) as socket:
                frame_of(socket)
                with contextlib.suppress(ConnectionClosed):
                    socket.send(bad, text=True)
                assert closed_with(socket) == code
        assert "ERROR" not in server.said()


def test_a_flood_is_cut_off(each: list[Server], alice: Person) -> None:
    for server in each:
        with server.connect(make_token(alice.user_id)) as socket:
            frame_of(socket)
            answers, code = [], 0
            while not code:
                try:
                    answers.append(ask(socket, type="ping"))
                except ConnectionClosed as closed:
                    code = closed.rcvd.code if closed.rcvd else 1006
            assert code == 4429
            assert answers[0] == {"type": "pong", "ref": None}
            assert answers[-1]["code"] == "rate_limited"


def test_a_client_that_vanishes_is_no_error(each: list[Server], alice: Person) -> None:
    for server in each:
        with contextlib.suppress(ConnectionClosed, OSError), server.connect(make_token(alice.user_id)) as socket:
            frame_of(socket)
            # A reset, so that the server has no goodbye to read.
            socket.socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            socket.socket.close()
            with transaction.atomic():
                broadcast_on_commit(user_group(alice.user_id), {"type": "note"})
        with server.connect(make_token(alice.user_id)) as socket:
            assert frame_of(socket)["type"] == "hello"


def test_a_broadcast_reaches_the_sockets_of_every_process(each: list[Server], alice: Person, bob: Person) -> None:
    frame = {"type": "string.liked", "text": "né 👍", "n": [1, 2.5, None]}
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(server.connect(make_token(alice.user_id))) for server in each * 2]
        stranger = stack.enter_context(each[0].connect(make_token(bob.user_id)))
        for socket in (*sockets, stranger):
            assert frame_of(socket)["type"] == "hello"
        with transaction.atomic():
            broadcast_on_commit(user_group(alice.user_id), frame)
        assert [frame_of(socket) for socket in sockets] == [frame] * 4
        assert ask(stranger, type="ping")["type"] == "pong"


def test_a_server_that_stops_says_so(django_db_setup: None, alice: Person) -> None:
    # Daphne refuses to send the registered code.
    with running() as started:
        for (name, server), code in zip(started.items(), (1012, 4410), strict=True):
            with server.connect(make_token(alice.user_id)) as socket:
                assert frame_of(socket)["type"] == "hello"
                server.process.send_signal(signal.SIGTERM)
                assert closed_with(socket) == code, name
            server.process.wait(timeout=10)
            assert "Traceback" not in server.said(), server.said()
