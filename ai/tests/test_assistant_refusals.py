"""What bad input and a bad upstream get: a clear code, the question kept, and nothing billed that was not used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ai.clients import streams
from ai.models import AssistantTurn, MessageCount, UsageEntry
from ai.tests.conversations import ask, open_chat, said, stream
from lifestring.testing.asserts import assert_error
from lifestring.testing.openai_server import GARBAGE, HTML, ModelServer, Reply, Say, failure, too_many
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room
from moderation.models import Case, Report

pytestmark = pytest.mark.django_db

LONG = "x" * 100_000


@dataclass
class Stage:
    """What a case may change before the question is asked."""

    server: ModelServer
    settings: Any
    monkeypatch: pytest.MonkeyPatch


@dataclass(frozen=True)
class Refusal:
    """A case: what is arranged, and what the question gets.

    Args:
        arrange: makes it so.
        status: of the answer.
        code: of the answer.
        kept: what there is of an answer in the room.
        is_billed: whether it cost anything.
    """

    arrange: Callable[[Stage], Any]
    status: int
    code: str
    kept: str = ""
    is_billed: bool = False


def answers(*script: Say | Reply) -> Callable[[Stage], Any]:
    return lambda stage: stage.server.chat.script.extend(script)


def sets(**values: Any) -> Callable[[Stage], Any]:
    def arrange(stage: Stage) -> None:
        for name, value in values.items():
            setattr(stage.settings, name, value)

    return arrange


def silent(stage: Stage) -> None:
    stage.monkeypatch.setattr(streams, "SILENCE_SECONDS", 0.3)
    stage.server.chat.script.append(Say("It is so", silent_after=1))


def mute(stage: Stage) -> None:
    stage.monkeypatch.setattr(streams, "SILENCE_SECONDS", 0.3)
    stage.server.chat.script.append(Reply(delay=2.0))


REFUSALS = {
    "no key": Refusal(sets(ASSISTANT=False), 503, "ai_unavailable"),
    "no account for the assistant": Refusal(sets(AI_BOT_USER_ID=""), 503, "ai_unavailable"),
    "a wrong key": Refusal(sets(OPENAI_API_KEY="sk-wrong"), 503, "ai_unavailable"),
    "an unknown model": Refusal(lambda stage: stage.server.chat.models.add("other"), 503, "ai_unavailable"),
    "no server": Refusal(sets(OPENAI_BASE_URL="http://127.0.0.1:9/v1"), 503, "ai_unavailable"),
    "a context too long": Refusal(
        lambda stage: setattr(stage.server.chat, "context_tokens", 5), 422, "ai_context_too_long"
    ),
    "a page of HTML": Refusal(answers(HTML), 502, "ai_failed"),
    "garbage": Refusal(answers(GARBAGE), 502, "ai_failed"),
    "a fault upstream": Refusal(answers(failure(500)), 503, "ai_unavailable"),
    "too many upstream": Refusal(answers(too_many(7)), 503, "ai_busy"),
    "an input the server refuses": Refusal(answers(failure(400, "invalid_request_error")), 422, "ai_refused"),
    "an empty answer": Refusal(answers(Say("", finish_reason="stop")), 502, "ai_failed", is_billed=True),
    "silence from the start": Refusal(mute, 503, "ai_unavailable"),
    "silence": Refusal(silent, 503, "ai_unavailable", "It", is_billed=True),
    "a stream that breaks": Refusal(
        answers(Say("It is so", cut_after=2)), 503, "ai_unavailable", "It is", is_billed=True
    ),
    "a budget used up": Refusal(sets(AI_DAILY_BUDGET=0), 429, "ai_budget_exceeded"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_question_that_cannot_be_answered_is_kept_and_nothing_unused_is_billed(
    name: str, assistant: ModelServer, settings: Any, monkeypatch: pytest.MonkeyPatch, alice: Person
):
    room_id, case = open_chat(alice), REFUSALS[name]
    case.arrange(Stage(assistant, settings, monkeypatch))
    answer = ask(alice, room_id, "Is it so?")
    assert_error(answer, case.status, case.code)
    settings.AI_BOT_USER_ID = settings.AI_BOT_USER_ID or None
    assert said(alice, room_id) == [(False, "Is it so?"), *([(True, case.kept)] if case.kept else [])]
    assert not AssistantTurn.objects.exists()
    entries = list(UsageEntry.objects.all())
    assert all(entry.outcome == "failed" and bool(entry.cost) == case.is_billed for entry in entries)
    assert sum(count.count for count in MessageCount.objects.all()) == (2 if case.is_billed else 0)
    if case.status == 503 and case.code == "ai_busy":
        assert answer.headers["Retry-After"] == "7"


def test_what_goes_wrong_after_the_start_of_a_stream_is_an_event(assistant: ModelServer, alice: Person):
    room_id = open_chat(alice)
    assistant.chat.script.append(Say("It is so", cut_after=2))
    start, *tokens, error = stream(alice, room_id, "Is it so?")
    assert [start["type"], *(token["content"] for token in tokens)] == ["start", "It ", "is "]
    assert (error["type"], error["code"]) == ("error", "ai_unavailable")
    assert said(alice, room_id)[-1] == (True, "It is")


NO_MESSAGES: dict[str, Any] = {
    "empty": {"content": ""},
    "blank": {"content": "  \n"},
    "none": {},
    "100 KB": {"content": LONG},
    "a list": {"content": ["a"]},
    "NUL": {"content": "nul\0"},
    "no object": "text",
}


@pytest.mark.parametrize("route", ["message", "stream"])
def test_what_is_no_message_is_refused_by_name(
    assistant: ModelServer, alice: Person, route: str, subtests: pytest.Subtests
):
    room_id = open_chat(alice)
    for name, body in NO_MESSAGES.items():
        with subtests.test(name):
            answer = alice.client.post(f"/api/ai/chat/{room_id}/{route}", body)
            found = assert_error(answer, 422, "validation_failed")
            assert set(found["errors"]) == {"body" if body == "text" else "content"}
    assert_error(alice.client.post("/api/ai/chat", {"initial_message": LONG}), 422, field="initial_message")
    assert said(alice, room_id) == []
    assert not UsageEntry.objects.exists()


def test_a_room_is_one_s_own_and_the_assistant_s(
    assistant: ModelServer, alice: Person, bob: Person, charlie: Person, subtests: pytest.Subtests
):
    own, ordinary, nowhere = open_chat(alice), make_room(alice, charlie), "5a0d9f0e-0000-4000-8000-000000000000"
    routes = {
        "message": "post",
        "stream": "post",
        "regenerate": "post",
        "cancel": "post",
        "history": "get",
        "": "delete",
    }
    for route, verb in routes.items():
        with subtests.test(route):
            paths = {room: f"/api/ai/chat/{room}/{route}".rstrip("/") for room in (own, ordinary, nowhere)}
            body = {"content": ""} if verb == "post" else None
            assert_error(getattr(bob.client, verb)(paths[own], body), 403, "not_a_member")
            assert_error(getattr(alice.client, verb)(paths[ordinary], body), 400, "bad_request")
            assert_error(getattr(alice.client, verb)(paths[nowhere], body), 404, "not_found")
    assert_error(alice.client.get(f"/api/ai/chat/{own}/history?limit=201"), 422, "validation_failed")
    assert not assistant.requests


def test_what_moderation_objects_to_opens_a_case(assistant: ModelServer, alice: Person):
    assistant.chat.flagged = {"terrible": "violence/graphic", "awful": "harassment"}
    room_id = open_chat(alice)
    assert_error(ask(alice, room_id, "Something terrible"), 422, "ai_refused")
    assert not assistant.chats, "the model is not asked"
    case = Case.objects.get()
    question = alice.client.get(f"/api/rooms/{room_id}/messages").json()["data"][0]
    assert (str(case.target_id), case.target_type, case.severity) == (question["id"], "message", 3)
    assert said(alice, room_id) == [(False, "Something terrible")]
    assert UsageEntry.objects.get().outcome == "refused"
    # An answer is withheld, wherever it was going, and paid for.
    assistant.chat.say("How awful of you.")
    assert_error(ask(alice, room_id, "Hello"), 422, "ai_refused")
    assert said(alice, room_id)[1:] == [(False, "Hello")]
    assert "How awful of you." in Report.objects.get(reason="harassment").details
    assert UsageEntry.objects.filter(outcome="refused", cost__gt=0).count() == 1
    *_, error = stream(alice, room_id, "terrible")
    assert (error["type"], error["code"]) == ("error", "ai_refused")
    # A moderation that does not answer stops nobody.
    assistant.change = lambda _: {"nothing": "of use"}
    assert ask(alice, room_id, "terrible").status_code == 200
