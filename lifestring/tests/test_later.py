"""Answers that wait on the event loop: JSON and event streams, with and without somebody who waits for them."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import UserProfile
from lifestring import later
from lifestring.context import current_request_id
from lifestring.errors import ConflictError
from lifestring.later import EventStream, LaterResponse
from lifestring.rest_handler import RestHandler
from lifestring.testing import asgi
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from lifestring.threads import in_socket_thread

pytestmark = pytest.mark.urls(__name__)

handler500 = "lifestring.error_rendering.server_error"


class Waiting:
    """What the views wait for, and how it ended."""

    release: asyncio.Event
    ended: list[str] = []

    @classmethod
    async def wait(cls) -> None:
        try:
            await cls.release.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)  # tidying up takes a moment
            cls.ended.append("cancelled")
            raise
        cls.ended.append("released")


async def answer() -> Any:
    await Waiting.wait()
    return {"id": current_request_id()}


async def refused() -> Any:
    raise ConflictError("Not now.", headers={"Retry-After": "7"})


async def broken() -> Any:
    raise RuntimeError("a secret of ours")


async def counted() -> Any:
    return {"profiles": await in_socket_thread(UserProfile.objects.count)()}


async def events() -> AsyncGenerator[dict[str, Any]]:
    yield {"type": "start", "id": current_request_id()}
    await Waiting.wait()
    yield {"type": "done"}


async def endless() -> AsyncGenerator[dict[str, Any]]:
    try:
        while True:
            yield {"type": "token"}
            await asyncio.sleep(0)
    finally:
        await asyncio.sleep(0.01)
        Waiting.ended.append("closed")


async def breaking() -> AsyncGenerator[dict[str, Any]]:
    yield {"type": "start"}
    raise ConflictError("Not any more.")


class CountView(APIView):
    permission_classes = [AllowAny]

    def post(self, request: Request) -> HttpResponse:
        return EventStream(profiles()) if "stream" in request.query_params else LaterResponse(counted, status=201)


async def profiles() -> AsyncGenerator[dict[str, Any]]:
    yield await counted()


def napping(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}")


LATER = {"answer": answer, "refused": refused, "broken": broken}
STREAMS = {"events": events, "endless": endless, "breaking": breaking}

urlpatterns = [
    *(path(name, lambda _, make=make: LaterResponse(make)) for name, make in LATER.items()),
    *(path(name, lambda _, make=make: EventStream(make())) for name, make in STREAMS.items()),
    path("napping", napping),
    path("count", CountView.as_view()),
]


@pytest.fixture
def app() -> Iterator[RestHandler]:
    Waiting.ended = []
    handler = RestHandler(threads=1, max_body_bytes=1_000)
    yield handler
    handler.workers.shutdown()


def run(app: RestHandler, url: str, *, leaves_after: int | None = None) -> asgi.Answer:
    """Serve one request; what it waits for comes soon, or the client leaves after so many messages."""

    async def go() -> asgi.Answer:
        Waiting.release = asyncio.Event()
        left = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, Waiting.release.set if leaves_after is None else left.set)
        answer, first = asgi.Answer(), asgi.parts()

        async def receive() -> dict[str, Any]:
            if first:
                return first.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            answer.messages.append(message)
            if leaves_after and len(answer.messages) > leaves_after:
                left.set()

        request = asgi.scope("GET", url, headers=[("X-Request-Id", "later-1")])
        await asyncio.wait_for(app(request, receive, send), 5)  # type: ignore[arg-type]
        return answer

    return asyncio.run(go())


def sent(answer: asgi.Answer) -> list[Any]:
    lines = answer.content.decode().split("\n\n")
    assert lines.pop() == ""
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_an_answer_comes_when_it_is_there(app: RestHandler, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO", "lifestring.access")
    answer = run(app, "/answer")
    assert (answer.status_code, answer.json()) == (200, {"id": "later-1"})
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["X-Request-Id"] == "later-1"
    assert float(caplog.messages[-1].split()[-1].removesuffix("ms")) > 40, "the log has the whole time"


def test_what_goes_wrong_is_answered_as_anywhere_else(app: RestHandler, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO", "lifestring.access")
    answer = run(app, "/refused")
    assert assert_error(answer, 422, "conflict")["request_id"] == "later-1"
    assert answer.headers["Retry-After"] == "7"
    assert "GET /refused 422" in caplog.text
    answer = run(app, "/broken")
    assert assert_error(answer, 500, "server_error")["request_id"] == "later-1"
    assert b"secret" not in answer.content
    assert "a secret of ours" in caplog.text


def test_nothing_is_made_for_who_has_left(app: RestHandler, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO", "lifestring.access")
    assert run(app, "/answer", leaves_after=0).messages == []
    assert Waiting.ended == ["cancelled"]
    assert "GET /answer 499" in caplog.text


def test_no_thread_is_held_meanwhile(app: RestHandler):
    async def go() -> list[int]:
        Waiting.release = asyncio.Event()
        urls = ["/answer", "/events"] * 10
        waiting = [asyncio.create_task(asgi.serve(app, asgi.scope("GET", url))) for url in urls]
        other = await asyncio.wait_for(asgi.serve(app, asgi.scope("GET", "/napping")), 5)
        Waiting.release.set()
        return [other.status_code, *(answer.status_code for answer in await asyncio.gather(*waiting))]

    assert asyncio.run(go()) == [200] * 21


def test_events_are_lines_of_json(app: RestHandler, monkeypatch: pytest.MonkeyPatch):
    answer = run(app, "/events")
    assert sent(answer) == [{"type": "start", "id": "later-1"}, {"type": "done"}]
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    assert {name: answer.headers[name] for name in headers} == headers
    assert [message["more_body"] for message in answer.messages[1:]] == [True, True, False]
    monkeypatch.setattr(later, "KEEP_ALIVE_SECONDS", 0.02)
    assert b"}\n\n: still here\n\n" in run(app, "/events").content


def test_a_stream_that_breaks_says_so_and_ends(app: RestHandler):
    answer = run(app, "/breaking")
    assert sent(answer) == [{"type": "start"}, {"type": "error", "code": "conflict", "message": "Not any more."}]


def test_a_stream_ends_with_its_reader(app: RestHandler):
    answer = run(app, "/endless", leaves_after=10)
    assert Waiting.ended == ["closed"]
    assert len(answer.messages) < 50
    run(app, "/events", leaves_after=0)
    assert Waiting.ended == ["closed", "cancelled"]


@pytest.mark.django_db
def test_a_test_s_client_waits_and_sees_what_is_not_committed(alice: Person, bob: Person):
    answer = alice.client.post("/count")
    assert (answer.status_code, answer.json()) == (201, {"profiles": 2})
    stream = alice.client.post("/count?stream")
    assert stream.content == b'data: {"profiles":2}\n\n'
