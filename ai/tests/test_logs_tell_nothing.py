"""What people write, their addresses and tokens reach no line of the logs, whatever goes well or wrong (docs/operations.md)."""

import io
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
from django.db import IntegrityError
from django.test import Client
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries
from psycopg.errors import ForeignKeyViolation

from accounts.models import AuthUser
from ai.clients.embeddings import embed_texts
from ai.clients.errors import ModelError
from ai.tasks import embed_string, sweep_embeddings
from ai.tests.conversations import open_chat, stream
from chat import handlers
from chat.tests.sockets import application, in_thread, opened, socket_for, story
from lifestring.context import RequestIdFilter
from lifestring.log_filters import TokenFilter
from lifestring.telemetry.jobs import JobMetrics
from lifestring.telemetry.logs import JsonFormatter
from lifestring.testing.openai_server import ModelServer, failure
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "zxqsecret"
EMAIL = "zxqaddress@lifestring.example"
# As every JWT begins.
TOKEN = "eyJ"
BROKEN = (
    ValueError(f"no such thing: {SECRET}"),
    IntegrityError(f"new row violates a constraint\nDETAIL:  Failing row contains ({SECRET})."),
    ForeignKeyViolation(f"violates a constraint\nDETAIL:  Key (name)=({SECRET}) is not present."),
)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that production would log."""
    # Loading it sets logging up.
    application()
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonFormatter())
    for kept in (RequestIdFilter(), TokenFilter()):
        handler.addFilter(kept)
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)


def assert_silent(lines: io.StringIO, *expected: str) -> None:
    text = lines.getvalue()
    for what in expected:
        assert what in text, what
    for secret in (SECRET, EMAIL, TOKEN):
        assert secret not in text, [line for line in text.splitlines() if secret in line]


def raising(error: Exception) -> Any:
    def broken(*_: Any, **__: Any) -> None:
        if isinstance(error, ForeignKeyViolation):
            raise IntegrityError(str(error)) from error
        raise error

    return broken


def test_of_requests(alice: Person, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch):
    AuthUser.objects.filter(id=alice.user_id).update(email=EMAIL)
    client = alice.client
    client.raise_request_exception = False
    written = {"content_text": SECRET}
    profile = {"biography": {"bio": SECRET}, "meta": {"note": SECRET}, "contact_info": {"email": EMAIL}}
    statuses = [
        client.post("/api/strings", written).status_code,
        client.patch("/api/me", profile).status_code,
        client.get("/api/me").status_code,
        client.get("/api/strings", {"search": SECRET}).status_code,
        client.post("/api/strings", {**written, "content_images": SECRET}).status_code,
        client.post("/api/strings", SECRET, content_type="application/json").status_code,
        client.post("/api/auth/login", {"email": EMAIL, "password": SECRET}).status_code,
        Client()
        .get(f"/api/me?token={TOKEN}{SECRET}", headers={"Authorization": f"Bearer {TOKEN}{SECRET}"})
        .status_code,
    ]
    for error in BROKEN:
        monkeypatch.setattr("strings.services.string_create", raising(error))
        statuses.append(client.post("/api/strings", written).status_code)
    assert statuses == [201, 200, 200, 200, 422, 400, 503, 401, 500, 500, 422]
    assert_silent(lines, "the database refused a row", "builtins.ValueError", "django.db.utils.IntegrityError", "trace")


@story
async def test_of_frames(alice: Person, bob: Person, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    room_id = str(await in_thread(make_room)(alice, bob))
    message = {"type": "message.send", "room_id": room_id, "content": SECRET}
    async with opened(alice) as socket:
        socket.ignored = frozenset({"presence"})
        await socket.ask(type="room.join", room_id=room_id)
        assert (await socket.ask(**message, client_id=str(uuid.uuid4())))["type"] != "error"
        await socket.send_to(text_data=f'{{"type": "{SECRET}')
        await socket.send_json_to({**message, "content": [SECRET]})
        await socket.send_json_to({"type": SECRET})

        async def broken(*_: Any) -> None:
            raise BROKEN[0]

        monkeypatch.setitem(handlers.HANDLERS, "ping", broken)
        await socket.send_json_to({"type": "ping", "ref": "last"})
        while (await socket.receive_json_from(5)).get("ref") != "last":
            pass
    refused = socket_for(f"{TOKEN}{SECRET}")
    await refused.connect(timeout=5)
    await refused.disconnect()
    assert_silent(lines, "a frame failed", "builtins.ValueError", "a socket was not opened")


def test_of_models_and_jobs(
    alice: Person, assistant: ModelServer, models: ModelServer, lines: io.StringIO, settings: Any
):
    settings.CHAT_FALLBACK_MODEL = ""
    string_id = alice.client.post("/api/strings", {"content_text": SECRET}).json()["data"]["id"]
    room = open_chat(alice)
    assert stream(alice, room, SECRET)[-1]["type"] == "done"
    for status in (400, 401, 500):
        assistant.chat.script.append(failure(status, SECRET))
        assert stream(alice, room, SECRET)[-1]["type"] == "error"
    models.replies += [failure(status, SECRET) for status in (400, 429, 500)]
    for _ in range(3):
        with pytest.raises(ModelError):
            embed_texts([SECRET])
    models.replies.append(failure(400, SECRET))
    embed_string(string_id)
    sweep_embeddings()

    broker = StubBroker(middleware=[Retries(max_retries=0), JobMetrics(None)])

    @dramatiq.actor(broker=broker, actor_name="silent.job")
    def job() -> None:
        raise BROKEN[1]

    worker = Worker(broker, worker_timeout=20)
    worker.start()
    job.send()
    broker.join("default", fail_fast=False)
    worker.stop()
    assert_silent(lines, "silent.job failed", "unhandled exception", "chat by gpt-6-luna done", "cannot be embedded")
