"""REST under uvicorn and Daphne: what goes over the wire is the same, whichever serves."""

import contextlib
import http.client
import json
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.db import connection

from lifestring.local.processes import wait_until
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, make_token
from lifestring.testing.volume import many_strings
from lifestring.testing.web_servers import NAMES, WebServer, running
from strings.models import String

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.serial,
    pytest.mark.xdist_group("serial"),
]
# Little, so that nobody waits long for what is too slow, and enough for a busy machine.
REQUEST_SECONDS = 2
MAX_CONNECTIONS = 60


@pytest.fixture(scope="module")
def servers(django_db_setup: None) -> Iterator[dict[str, WebServer]]:
    with running(*NAMES, REQUEST_SECONDS=str(REQUEST_SECONDS), MAX_CONNECTIONS=str(MAX_CONNECTIONS)) as started:
        yield started


@pytest.fixture(params=NAMES)
def server(request: pytest.FixtureRequest, servers: dict[str, WebServer]) -> Iterator[WebServer]:
    """Each in turn; no test may make one log a bug."""
    found = servers[request.param]
    before = len(found.said())
    yield found
    said = found.said()[before:]
    assert "Internal Server Error" not in said
    assert "Exception in ASGI" not in said


@pytest.fixture
def signed_in(alice: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(alice.user_id)}", "Content-Type": "application/json"}


def test_it_lives(server: WebServer):
    answer = server.send("GET", "/up")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    head = server.send("HEAD", "/up")
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(answer.content)))
    assert answer.headers.keys() == head.headers.keys() >= {"X-Request-Id", "X-Content-Type-Options"}


def test_it_knows_who_calls(server: WebServer, alice: Person, signed_in: dict[str, str]):
    for path in ("/api/me", "/api/me/"):
        assert server.send("GET", path, headers=signed_in).json()["data"]["user_id"] == str(alice.user_id)
    assert_error(server.send("GET", "/api/me"), 401, "not_authenticated")


@pytest.mark.parametrize("chunked", [False, True], ids=["with-length", "chunked"])
def test_it_takes_a_post(server: WebServer, signed_in: dict[str, str], chunked: bool):
    body = json.dumps({"content_text": "über den Draht " * 50}).encode()
    pieces: Any = (body[at : at + 100] for at in range(0, len(body), 100))
    answer = server.send("POST", "/api/strings", body=pieces if chunked else body, headers=signed_in)
    assert answer.status_code == 201, answer.content
    link = answer.json()["data"]["links"]["self"]
    assert link.startswith(f"http://127.0.0.1:{server.port}/api/strings/")
    path = link.partition(str(server.port))[2]
    assert server.send("DELETE", path, headers=signed_in).status_code == 204
    assert_error(server.send("GET", path, headers=signed_in), 404, "not_found")


@pytest.mark.parametrize("chunked", [False, True], ids=["with-length", "chunked"])
def test_a_body_beyond_the_limit_is_413(server: WebServer, signed_in: dict[str, str], chunked: bool):
    piece = b"x" * 10_000
    count = settings.MAX_BODY_BYTES // len(piece) + 1
    body: Any = (piece for _ in range(count)) if chunked else piece * count
    assert_error(server.send("POST", "/api/strings", body=body, headers=signed_in), 413, "payload_too_large")
    assert not String.objects.exists()


def test_a_head_has_the_headers_alone(server: WebServer, signed_in: dict[str, str]):
    get, head = (server.send(method, "/api/me", headers=signed_in) for method in ("GET", "HEAD"))
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(get.content))
    assert head.headers["ETag"] == get.headers["ETag"]


def test_an_unchanged_read_is_304(server: WebServer, signed_in: dict[str, str]):
    tag = server.send("GET", "/api/me", headers=signed_in).headers["ETag"]
    answer = server.send("GET", "/api/me", headers=signed_in | {"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)


def test_errors_keep_their_shape_on_the_wire(server: WebServer, signed_in: dict[str, str]):
    assert_error(server.send("GET", "/api/nope"), 404, "not_found")
    assert_error(server.send("GET", "/%ff%00/%2e%2e", headers=signed_in), 404, "not_found")
    assert_error(server.send("POST", "/api/strings", body=b"{", headers=signed_in), 400, "malformed_json")
    assert_error(server.send("GET", "/api/strings?search=%00", headers=signed_in), 422, "validation_failed")
    assert_error(server.send("GET", "/api/strings", headers=signed_in | {"Host": "evil.example"}), 400, "bad_request")
    assert_error(server.send("TRACE", "/api/me", headers=signed_in), 405, "method_not_allowed")


def test_the_request_id_goes_there_and_back(server: WebServer, signed_in: dict[str, str]):
    given = f"wire-{uuid.uuid4()}"
    answer = server.send("GET", "/api/me", headers=signed_in | {"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == given
    assert f"[{given}] GET /api/me 200" in server.said()


def test_thirty_at_once_are_all_answered(server: WebServer, signed_in: dict[str, str]):
    def one(number: int) -> int:
        if number % 3:
            return server.send("GET", "/api/strings", headers=signed_in).status_code
        body = json.dumps({"content_text": str(number)})
        return server.send("POST", "/api/strings", body=body, headers=signed_in).status_code

    with ThreadPoolExecutor(30) as pool:
        assert sorted(pool.map(one, range(30))) == [200] * 20 + [201] * 10
    assert String.objects.count() == 10


def raw(server: WebServer, sent: bytes) -> socket.socket:
    """A connection on which this was sent."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    line.sendall(sent)
    return line


def said_last(line: socket.socket) -> tuple[int, bytes]:
    """What the server says before it closes, as status and body; 0 where it says nothing."""
    said = b""
    with line, contextlib.suppress(ConnectionError):
        while piece := line.recv(65_536):
            said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]) if head else 0, body


def test_a_request_that_does_not_arrive_ends(servers: dict[str, WebServer]):
    # Daphne calls nobody before all of a request is there (docs/operations.md, Slow and greedy clients).
    server = servers["uvicorn"]
    head = b"POST /api/strings HTTP/1.1\r\nHost: testserver\r\nContent-Type: application/json\r\n"
    bodies = [
        raw(server, head + body)
        for body in (b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{")
    ]
    heads = [raw(server, sent) for sent in (b"", b"GE", head)]
    again = raw(server, b"GET /up HTTP/1.1\r\nHost: testserver\r\n\r\n")
    up = b""
    while not up.endswith(b'{"status":"ok"}'):
        up += again.recv(65_536)
    again.sendall(head)
    for status, body in map(said_last, bodies):
        assert (status, json.loads(body)["code"]) == (408, "request_timeout")
    assert [said_last(line) for line in [*heads, again]] == [(0, b"")] * 4
    assert not String.objects.exists()


def test_a_head_has_bounds(servers: dict[str, WebServer]):
    first = b"GET /up HTTP/1.1\r\nHost: testserver\r\n"
    most = (
        first + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 600) for number in range(90)) + b"Connection: close\r\n\r\n"
    )
    assert said_last(raw(servers["uvicorn"], most))[0] == 200
    heads = {
        "large": first + b"X-Large: " + b"x" * 70_000 + b"\r\n\r\n",
        "many": first + b"X: y\r\n" * 600 + b"\r\n",
        "endless": first + b"X-Large: " + b"x" * 300_000,
    }
    for name, server in servers.items():
        for kind, head in heads.items():
            with contextlib.suppress(ConnectionError):
                status, body = said_last(raw(server, head))
                assert status == {"uvicorn": 431, "daphne": 400}[name] or not body, (name, kind, status)
    status, body = said_last(raw(servers["uvicorn"], heads["many"]))
    assert (status, json.loads(body)["message"]) == (431, "The headers are too large.")


def test_there_are_only_so_many_connections(servers: dict[str, WebServer]):
    server = servers["uvicorn"]
    with contextlib.ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS):
            stack.enter_context(raw(server, b""))
        status, body = said_last(raw(server, b""))
        assert (status, json.loads(body)["code"]) == (503, "unavailable")
    server.wait()


def test_an_export_of_a_hundred_thousand_rows_costs_no_memory(
    servers: dict[str, WebServer], alice: Person, signed_in: dict[str, str]
):
    server = servers["uvicorn"]
    assert server.send("GET", "/api/me/export", headers=signed_in).json()["meta"]["complete"] is True
    many_strings(alice.user_id, 100_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE public.strings")
    process = psutil.Process(server.process.pid)
    token = signed_in["Authorization"].encode()
    asked = b"GET /api/me/export HTTP/1.1\r\nHost: testserver\r\nAuthorization: " + token + b"\r\n\r\n"
    unread = raw(server, asked)
    before = most = process.memory_info().rss
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    line.request("GET", "/api/me/export", headers=signed_in)
    answer, size, end = line.getresponse(), 0, b""
    while piece := answer.read(1 << 20):
        size, end = size + len(piece), piece[-20:]
        most = max(most, process.memory_info().rss)
    line.close()

    assert size > 20_000_000
    assert end.endswith(b'"complete":true}}')
    assert most - before < 8_000_000, f"{most - before:,} bytes more for a document of {size:,}"
    # Who asked for one and does not read it is let go.
    port = unread.getsockname()[1]
    assert wait_until(
        lambda: port not in {one.raddr.port for one in process.net_connections() if one.raddr}, timeout=40
    )
    assert b'"complete":true' not in said_last(unread)[1]
