"""The assistant under uvicorn and Daphne: what is streamed, who leaves, which process dies."""

import asyncio
import http.client
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Sum

from accounts.models import AuthUser
from ai.models import AssistantTurn, Spending, UsageEntry
from ai.services import usage_sweep
from ai.tests.conversations import said
from chat.models import Message
from chat.tests.sockets import quick_story
from lifestring.local.processes import wait_until
from lifestring.testing.live import LiveClient
from lifestring.testing.openai_server import ModelServer, Say, serve_models
from lifestring.testing.people import Person, make_token
from lifestring.testing.web_servers import NAMES, WebServer, running

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.serial,
    pytest.mark.xdist_group("serial"),
]

BOT = "a1f5e57a-1d5f-4c0e-9a11-0c0ffee0b075"
LONG = Say("word " * 400, token_delay=0.02)


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serve_models() as server:
        yield server


def variables(model: ModelServer) -> dict[str, str]:
    return {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "sk-test", "AI_BOT_USER_ID": BOT}


@pytest.fixture(scope="module")
def started(django_db_setup: None, model: ModelServer) -> Iterator[dict[str, WebServer]]:
    with running(*NAMES, **variables(model)) as servers:
        yield servers


@pytest.fixture
def servers(db: None, settings: Any, model: ModelServer, started: dict[str, WebServer]) -> dict[str, WebServer]:
    AuthUser.objects.create(id=BOT, raw_user_meta_data={"name": "Lifestring Assistant"})
    settings.AI_BOT_USER_ID = BOT
    model.seen.clear()
    model.chat.script.clear()
    return started


def headers_of(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(person.user_id)}", "Content-Type": "application/json"}


def post(server: WebServer, person: Person, path: str, **body: Any) -> Any:
    answer = server.send("POST", f"/api/ai/chat{path}", json.dumps(body), headers_of(person))
    return answer.status_code, answer.json()


def new_room(server: WebServer, person: Person) -> str:
    status, body = post(server, person, "")
    assert status == 201, body
    room_id: str = body["room_id"]
    return room_id


@contextmanager
def streaming(server: WebServer, person: Person, room_id: str) -> Iterator[Iterator[dict[str, Any]]]:
    """Ask, and lend the events as they come; the connection is closed at the end."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    line.request("POST", f"/api/ai/chat/{room_id}/stream", json.dumps({"content": "Hello"}), headers_of(person))
    answer = line.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
    assert (answer.headers["Cache-Control"], answer.headers["X-Accel-Buffering"]) == ("no-cache", "no")
    try:
        yield (json.loads(sent[6:]) for sent in iter(answer.readline, b"") if sent.startswith(b"data: "))
    finally:
        answer.close()
        line.close()


def left_within_a_second(model: ModelServer, since: float) -> bool:
    wait_until(lambda: model.chats[0].left_at is not None, timeout=5)
    return (model.chats[0].left_at or 9e9) - since < 1


def settled() -> UsageEntry:
    wait_until(lambda: not UsageEntry.objects.filter(outcome="open").exists(), timeout=5)
    return UsageEntry.objects.get()


@pytest.mark.parametrize("name", NAMES)
def test_tokens_come_as_they_are_said(servers: dict[str, WebServer], model: ModelServer, alice: Person, name: str):
    room_id = new_room(servers[name], alice)
    model.chat.script = [Say("one two three four five", token_delay=0.1)]
    with streaming(servers[name], alice, room_id) as events:
        at = [(time.monotonic(), event["type"]) for event in events]
    assert [kind for _, kind in at] == ["start", *["token"] * 5, "done"]
    assert at[5][0] - at[1][0] > 0.3, "each when it was there"
    assert settled().outcome == "done"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("route", ["stream", "message"])
def test_whoever_leaves_ends_the_answer(
    servers: dict[str, WebServer], model: ModelServer, alice: Person, name: str, route: str
):
    room_id = new_room(servers[name], alice)
    model.chat.script = [LONG]
    if route == "stream":
        with streaming(servers[name], alice, room_id) as events:
            assert [next(events)["type"] for _ in range(4)] == ["start", *["token"] * 3]
    else:
        line = http.client.HTTPConnection("127.0.0.1", servers[name].port, timeout=20)
        line.request("POST", f"/api/ai/chat/{room_id}/message", json.dumps({"content": "Hello"}), headers_of(alice))
        wait_until(lambda: bool(model.chats), timeout=5)
        time.sleep(0.3)
        line.close()
    assert left_within_a_second(model, time.monotonic())
    entry = settled()
    assert (entry.outcome, entry.is_estimate, entry.cost > 0) == ("cut", True, True)
    (_, question), (_, part) = said(alice, room_id)
    assert (question, part[:5]) == ("Hello", "word ")
    assert len(part) < 1_000
    assert post(servers[name], alice, f"/{room_id}/message", content="And now?")[0] == 200
    assert "Exception in ASGI" not in servers[name].said()


@pytest.mark.parametrize("name", NAMES)
def test_answers_under_way_hold_no_thread(servers: dict[str, WebServer], model: ModelServer, alice: Person, name: str):
    server, rooms = servers[name], [new_room(servers[name], alice) for _ in range(12)]
    model.chat.script = [Say("one two three", token_delay=0.7) for _ in rooms]

    def ask(room_id: str) -> int:
        return int(post(server, alice, f"/{room_id}/message", content="Hello")[0])

    with ThreadPoolExecutor(len(rooms)) as pool:
        asked = [pool.submit(ask, room_id) for room_id in rooms]
        wait_until(lambda: len(model.chats) == len(rooms), timeout=10)
        began = time.monotonic()
        assert server.send("GET", "/api/me", headers=headers_of(alice)).status_code == 200
        assert time.monotonic() - began < 0.5
        assert [future.result() for future in asked] == [200] * len(rooms)


@quick_story
async def test_other_processes_hear_of_it_and_may_cancel_it(
    servers: dict[str, WebServer], model: ModelServer, alice: Person
):
    here, there = servers["uvicorn"], servers["daphne"]
    room_id = await asyncio.to_thread(new_room, here, alice)
    model.chat.script = [LONG]
    async with LiveClient(f"ws://127.0.0.1:{there.port}/ws", make_token(alice.user_id)) as listener:
        room = await listener.join(room_id)
        asked = asyncio.create_task(asyncio.to_thread(post, here, alice, f"/{room_id}/message", content="Hello"))
        await listener.until(lambda: room.seq == 1)
        await asyncio.sleep(0.5)
        at = time.monotonic()
        assert await asyncio.to_thread(post, there, alice, f"/{room_id}/cancel") == (
            200,
            {"room_id": room_id, "cancelled": True},
        )
        status, body = await asked
        assert (status, body["cancelled"]) == (200, True)
        assert await asyncio.to_thread(left_within_a_second, model, at)
        await listener.until(lambda: room.seq == 2)
        assert [kind for _, kind, _ in room.entries] == ["message.created"] * 2
        assert room.messages[body["ai_message"]["id"]] == body["ai_message"]["content"]
        assert not room.faults


def test_a_process_that_is_killed_leaves_a_free_room_and_pays_once(
    servers: dict[str, WebServer], model: ModelServer, alice: Person
):
    other = servers["uvicorn"]
    room_id = new_room(other, alice)
    model.chat.script = [LONG]
    with running("uvicorn", **variables(model)) as dying:
        server = dying["uvicorn"]
        with streaming(server, alice, room_id) as events:
            assert [next(events)["type"] for _ in range(3)] == ["start", *["token"] * 2]
            server.process.kill()
            server.process.wait()
            assert left_within_a_second(model, time.monotonic())
    assert post(other, alice, f"/{room_id}/message", content="Still there?")[0] == 422
    AssistantTurn.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(seconds=16))
    status, body = post(other, alice, f"/{room_id}/message", content="Still there?")
    assert (status, body["ai_message"]["content"]) == (200, "You said: Still there?")
    lost = UsageEntry.objects.get(outcome="open")
    UsageEntry.objects.filter(id=lost.id).update(expires_at=F("created_at"))
    assert [usage_sweep(), usage_sweep()] == [1, 0]
    lost.refresh_from_db()
    assert (lost.outcome, lost.cost) == ("lost", lost.reserved)
    assert Spending.objects.get().spent == UsageEntry.objects.aggregate(all=Sum("cost"))["all"]
    contents = (
        Message.objects.filter(room_id=uuid.UUID(room_id)).order_by("created_at").values_list("content", flat=True)
    )
    assert list(contents) == ["Hello", "Still there?", "You said: Still there?"]
