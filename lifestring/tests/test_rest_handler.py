"""REST as an ASGI server meets it: bodies in pieces, clients that leave, streams, and one thread pool for all."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lifestring import rest_handler
from lifestring.context import current_request_id
from lifestring.rest_handler import DRAIN_BYTES, RestHandler
from lifestring.testing import asgi
from lifestring.testing.asserts import assert_error

pytestmark = pytest.mark.urls(__name__)

LIMIT = 1_000
ORIGIN = "https://app.example"
handler400 = "lifestring.error_rendering.bad_request"
handler403 = "lifestring.error_rendering.forbidden"
handler404 = "lifestring.error_rendering.not_found"
handler500 = "lifestring.error_rendering.server_error"


class Running:
    """How many views run at this moment, and how many ever did at once."""

    lock = threading.Lock()
    now = most = 0
    threads: set[str] = set()

    @classmethod
    def reset(cls) -> None:
        cls.now, cls.most, cls.threads = 0, 0, set()

    def __enter__(self) -> None:
        with self.lock:
            Running.now += 1
            Running.most = max(Running.most, Running.now)
            Running.threads.add(threading.current_thread().name)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            Running.now -= 1


class EchoView(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[type] = []

    def get(self, request: Request) -> Response:
        return Response({"query": request.query_params.dict(), "path": request.path, "id": current_request_id(),
                         "cookies": request.COOKIES, "scheme": request.scheme})  # fmt: skip

    def post(self, request: Request) -> Response:
        return Response({"body": request.data})


def slow(request: HttpRequest) -> HttpResponse:
    with Running(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")
    return HttpResponse(b"{}", content_type="application/json")


def napping(request: HttpRequest) -> HttpResponse:
    with Running():
        time.sleep(0.05)
    return HttpResponse(current_request_id())


def cookies(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(b"ok", headers={"X-Plain": "ü", "Content-Length": "2"})
    answer.set_cookie("one", "1", httponly=True)
    answer.set_cookie("two", "2; x")
    return answer


def failing(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of ours")


def not_modified(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=int(request.GET["status"]))


class Stream:
    """A stream the test steers: it stops before its second chunk until released, and knows how it ended."""

    released = threading.Event()
    closed = threading.Event()
    produced = 0
    failing = False

    @classmethod
    def reset(cls) -> None:
        cls.released, cls.closed, cls.produced, cls.failing = threading.Event(), threading.Event(), 0, False

    @classmethod
    def chunks(cls) -> Iterator[bytes]:
        yield b"first,"
        assert cls.released.wait(10)
        if cls.failing:
            raise RuntimeError("half way")
        yield b"second"

    @classmethod
    def endless(cls) -> Iterator[bytes]:
        while True:
            cls.produced += 1
            yield b"more"
            time.sleep(0.01)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    chunks = Stream.endless() if "endless" in request.GET else Stream.chunks()
    answer = StreamingHttpResponse(chunks, content_type="text/event-stream")
    answer._resource_closers.append(Stream.closed.set)
    return answer


urlpatterns = [
    path("api/echo", EchoView.as_view()),
    path("slow", slow),
    path("napping", napping),
    path("cookies", cookies),
    path("failing", failing),
    path("status", not_modified),
    path("stream", stream),
    path("", include("lifestring.urls")),
]


@pytest.fixture
def app(settings: Any) -> Iterator[RestHandler]:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    Running.reset()
    Stream.reset()
    handler = RestHandler(threads=3, max_body_bytes=LIMIT)
    yield handler
    Stream.released.set()
    handler.workers.shutdown()
    handler.streams.shutdown()


def echo(app: RestHandler, *chunks: bytes, headers: list[tuple[str, str]] | None = None) -> asgi.Answer:
    sent = [("Content-Type", "application/json"), *(headers or [])]
    return asyncio.run(asgi.serve(app, asgi.scope("POST", "/api/echo", headers=sent), asgi.parts(*chunks)))


class TestABody:
    @pytest.mark.parametrize("size", [1, 2, 5, 1_000])
    @pytest.mark.parametrize("declared", [True, False], ids=["with-length", "chunked"])
    def test_arrives_whole_in_pieces_of_any_size(self, app: RestHandler, size: int, declared: bool):
        body = json.dumps({"text": "grüße " * 20}).encode()
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        answer = echo(app, *chunks, headers=[("Content-Length", str(len(body)))] if declared else [])
        assert answer.json() == {"body": json.loads(body)}

    def test_may_end_in_an_empty_piece_or_be_none(self, app: RestHandler):
        assert echo(app, b'{"a": 1}', b"", b"").json() == {"body": {"a": 1}}
        assert echo(app, b"").json() == {"body": {}}
        assert echo(app, b"", b"", b"").json() == {"body": {}}

    @pytest.mark.parametrize("length", ["abc", "-5", "", "1e9", " 5", "0"])
    def test_is_what_came_and_not_what_was_announced(self, app: RestHandler, length: str):
        assert echo(app, b'{"a": 1}', headers=[("Content-Length", length)]).json() == {"body": {"a": 1}}

    def test_of_exactly_the_limit_is_read(self, app: RestHandler):
        body = b'"' + b"x" * (LIMIT - 2) + b'"'
        assert echo(app, body).json() == {"body": "x" * (LIMIT - 2)}

    @pytest.mark.parametrize(
        ("chunks", "headers"),
        [
            ([b""], [("Content-Length", str(LIMIT + 1))]),
            ([b""], [("Content-Length", "9" * 400)]),
            ([b"x" * (LIMIT + 1)], []),
            ([b"x" * (LIMIT + 1)], [("Content-Length", "5")]),
            ([b"x" * LIMIT, b"x"], []),
            ([b"x"] * (LIMIT + 1), []),
        ],
        ids=["announced", "announced-absurdly", "one-piece", "announced-small", "two-pieces", "many-pieces"],
    )
    def test_beyond_the_limit_is_413(
        self, app: RestHandler, chunks: list[bytes], headers: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(rest_handler, "DRAIN_SECONDS", 0.2)
        given = [*headers, ("Origin", ORIGIN), ("X-Request-Id", "too-large-1")]
        answer = echo(app, *chunks, headers=given)
        body = assert_error(answer, 413, "payload_too_large")
        assert body["request_id"] == "too-large-1"
        assert answer.headers["Connection"] == "close"
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN, "a browser could not read the answer"

    def test_beyond_the_limit_is_not_read_to_its_end(self, app: RestHandler):
        async def run() -> tuple[asgi.Answer, int]:
            read = 0
            answer = asgi.Answer()

            async def receive() -> dict[str, Any]:
                nonlocal read
                read += 1
                return {"type": "http.request", "body": b"x" * 100, "more_body": True}

            async def send(message: Any) -> None:
                answer.messages.append(message)

            await app(asgi.scope("POST", "/api/echo"), receive, send)  # type: ignore[arg-type]
            return answer, read

        answer, read = asyncio.run(run())
        assert answer.status_code == 413
        assert read <= (LIMIT + DRAIN_BYTES) // 100 + 2

    def test_whose_sender_leaves_half_way_is_dropped(self, app: RestHandler):
        incoming = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
        answer = asyncio.run(asgi.serve(app, asgi.scope("POST", "/api/echo"), incoming))
        assert answer.messages == []

    def test_that_is_no_json_is_400(self, app: RestHandler):
        assert_error(echo(app, b"{", b"]"), 400, "malformed_json")


class TestAnAnswer:
    def test_has_lower_case_headers_and_its_length(self, app: RestHandler):
        answer = asgi.call(app, "GET", "/up")
        assert (answer.status_code, answer.content) == (200, b'{"status":"ok"}')
        assert (b"content-length", b"15") in answer.raw_headers
        assert all(name == name.lower() for name, _ in answer.raw_headers)
        assert [message["type"] for message in answer.messages] == ["http.response.start", "http.response.body"]

    def test_that_the_process_lives_has_what_every_answer_has(self, app: RestHandler):
        headers = [("X-Request-Id", "r-up"), ("Origin", ORIGIN)]
        up, other = (asgi.call(app, "GET", path, headers=headers) for path in ("/up", "/napping"))
        assert {name for name, _ in up.raw_headers} == {name for name, _ in other.raw_headers}
        assert up.headers["X-Request-Id"] == "r-up"
        assert_error(asgi.call(app, "POST", "/up", body=b"{}"), 405, "method_not_allowed")
        assert_error(asgi.call(app, "PUT", "/up", body=b"x" * (LIMIT + 1)), 413, "payload_too_large")

    def test_sets_each_cookie_in_a_header_of_its_own(self, app: RestHandler):
        answer = asgi.call(app, "GET", "/cookies", headers=[("Cookie", "a=1; b=2")])
        set_cookies = [value for name, value in answer.raw_headers if name == b"set-cookie"]
        assert len(set_cookies) == 2
        assert [value for name, value in answer.raw_headers if name == b"content-length"] == [b"2"]
        assert asgi.call(app, "GET", "/api/echo", headers=[("Cookie", "a=1; b=2")]).json()["cookies"] == {
            "a": "1",
            "b": "2",
        }

    @pytest.mark.parametrize("url", ["/up", "/api/echo", "/nope", "/failing"])
    def test_to_head_is_that_to_get_without_its_body(self, app: RestHandler, url: str):
        head, get = asgi.call(app, "HEAD", url), asgi.call(app, "GET", url)
        assert head.content == b""
        assert head.status_code == get.status_code
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert int(head.headers["Content-Length"]) > 0
        assert head.headers["X-Request-Id"]

    @pytest.mark.parametrize("status", [204, 304])
    def test_without_a_body_announces_none(self, app: RestHandler, status: int):
        answer = asgi.call(app, "GET", "/status", query=f"status={status}".encode())
        assert answer.content == b""
        assert b"content-length" not in dict(answer.raw_headers)

    @pytest.mark.parametrize("url", ["/up", "/up/", "/up///", "/api/echo", "/api/echo/"])
    def test_is_the_same_with_and_without_a_slash(self, app: RestHandler, url: str):
        assert asgi.call(app, "GET", url).status_code == 200

    def test_to_a_bug_is_500_in_json(self, app: RestHandler):
        answer = asgi.call(app, "GET", "/failing", headers=[("X-Request-Id", "r-1")])
        assert assert_error(answer, 500, "server_error")["request_id"] == "r-1"
        assert b"secret" not in answer.content

    def test_to_an_unknown_address_is_404_in_json(self, app: RestHandler):
        assert_error(asgi.call(app, "GET", "/nope/nope"), 404, "not_found")

    @pytest.mark.parametrize("query", [b"\xff\xfe", b"a=\xc3", b"q=\xed\xa0\x80"])
    def test_to_a_query_that_is_no_utf8_is_400(self, app: RestHandler, query: bytes):
        asgi.call(app, "GET", "/napping", headers=[("X-Request-Id", "before")])
        answer = asgi.call(app, "GET", "/api/echo", query=query, headers=[("X-Request-Id", "this-one")])
        assert assert_error(answer, 400, "bad_request")["request_id"] == "this-one"

    def test_to_a_browser_s_preflight_needs_no_token(self, app: RestHandler):
        wanted = [("Origin", ORIGIN), ("Access-Control-Request-Method", "PUT"),
                  ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key,if-none-match")]  # fmt: skip
        answer = asgi.call(app, "OPTIONS", "/api/strings/", headers=wanted)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"]
        assert all(name in allowed for name in ("authorization", "idempotency-key", "if-none-match"))
        stranger = asgi.call(app, "OPTIONS", "/api/strings", headers=[("Origin", "https://evil.example"), *wanted[1:]])
        assert "Access-Control-Allow-Origin" not in stranger.headers


class TestAStream:
    def run(self, app: RestHandler, *, leave_after: int | None = None, query: bytes = b"") -> tuple[list[Any], Any]:
        """Serve /stream; release its second chunk when the first has arrived, or leave after so many chunks."""
        messages: list[Any] = []

        async def go() -> Any:
            left = asyncio.Event()
            first = [*asgi.parts()]

            async def receive() -> dict[str, Any]:
                if first:
                    return first.pop()
                await left.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                messages.append(message)
                if message.get("body") == b"first,":
                    Stream.released.set()
                if leave_after is not None and len(messages) > leave_after:
                    left.set()

            try:
                await asyncio.wait_for(app(asgi.scope("GET", "/stream", query=query), receive, send), 10)  # type: ignore[arg-type]
            except RuntimeError as error:
                return error
            return None

        return messages, asyncio.run(go())

    def test_sends_each_chunk_when_it_is_there(self, app: RestHandler):
        messages, error = self.run(app)
        assert error is None
        assert [message.get("body") for message in messages[1:]] == [b"first,", b"second", b""]
        assert [message["more_body"] for message in messages[1:]] == [True, True, False]
        assert b"content-length" not in dict(messages[0]["headers"])
        assert Stream.closed.is_set()

    def test_that_breaks_is_closed_and_not_ended_as_if_complete(self, app: RestHandler):
        Stream.failing = True
        messages, error = self.run(app)
        assert isinstance(error, RuntimeError)
        assert all(message["more_body"] for message in messages[1:])
        assert Stream.closed.is_set()

    def test_stops_when_its_reader_leaves(self, app: RestHandler):
        messages, _ = self.run(app, leave_after=3, query=b"endless=1")
        assert Stream.closed.wait(5)
        assert Stream.produced < 50
        assert len(messages) < 50

    def test_is_not_begun_for_a_head(self, app: RestHandler):
        answer = asgi.call(app, "HEAD", "/stream", query=b"endless=1")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert Stream.closed.is_set()
        assert Stream.produced == 0

    def test_does_not_starve_rest(self, app: RestHandler):
        async def go() -> int:
            streams = [asyncio.create_task(asgi.serve(app, asgi.scope("GET", "/stream"))) for _ in range(8)]
            answer = await asyncio.wait_for(asgi.serve(app, asgi.scope("GET", "/up")), 5)
            Stream.released.set()
            await asyncio.gather(*streams)
            return answer.status_code

        assert asyncio.run(go()) == 200


class TestTwentyAtOnce:
    def serve(self, app: RestHandler, url: str) -> tuple[list[asgi.Answer], int]:
        """Return the answers, and how often the event loop came to other work meanwhile."""

        async def go() -> tuple[list[asgi.Answer], int]:
            ticks, done = 0, False

            async def tick() -> None:
                nonlocal ticks
                while not done:
                    await asyncio.sleep(0.01)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            requests = [asgi.scope("GET", url, headers=[("X-Request-Id", f"r-{number}")]) for number in range(20)]
            answers = await asyncio.gather(*(asgi.serve(app, request) for request in requests))
            done = True
            await ticking
            return answers, ticks

        return asyncio.run(go())

    @pytest.mark.django_db(transaction=True)
    def test_share_a_bounded_number_of_threads_and_connections(self, app: RestHandler):
        answers, ticks = self.serve(app, "/slow")
        assert [answer.status_code for answer in answers] == [200] * 20
        assert 1 < Running.most <= 3
        assert len(Running.threads) <= 3
        assert ticks > 5
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            assert (cursor.fetchone() or (99,))[0] <= 5
        app.workers.shutdown()
        assert connection.pool.get_stats().get("requests_waiting", 0) == 0  # type: ignore[attr-defined]

    def test_keep_their_request_ids_apart(self, app: RestHandler):
        answers, _ = self.serve(app, "/napping")
        assert [answer.content.decode() for answer in answers] == [f"r-{number}" for number in range(20)]
        assert [answer.headers["X-Request-Id"] for answer in answers] == [f"r-{number}" for number in range(20)]


@pytest.mark.django_db(transaction=True)
def test_connections_are_given_back_after_each_request(app: RestHandler):
    for _ in range(12):
        assert asgi.call(app, "GET", "/slow").status_code == 200
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    assert stats["pool_size"] - stats["pool_available"] <= 1, "at most the test's own is out"
