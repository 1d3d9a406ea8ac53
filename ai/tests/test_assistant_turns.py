"""Turns while something else happens: others ask, cancel, lose their rights; processes die; tools are used."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from accounts.models import Suspension
from ai.models import AssistantAnswer, AssistantTurn, UsageEntry
from ai.services import turns_sweep
from ai.tests.conversations import ask, history, key, open_chat, said, stream
from chat.models import Message, RoomLogEntry, RoomParticipant
from lifestring.local.processes import wait_until
from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.openai_server import ModelServer, Say
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db(transaction=True)

LONG = Say("word " * 200, token_delay=0.02)


def when_it_speaks(server: ModelServer, act: Callable[[], Any], asked: int = 1) -> Callable[[], float]:
    """Return what acts as soon as somebody has been asked, and a moment later, and returns when that was."""

    def run() -> float:
        wait_until(lambda: len(server.chats) >= asked, timeout=10)
        time.sleep(0.2)
        act()
        return time.monotonic()

    return run


def test_of_two_questions_at_once_one_is_answered(assistant: ModelServer, alice: Person, together: Together):
    room_id = open_chat(alice)
    assistant.chat.script = [Say("one two three", token_delay=0.2)]
    answers = together(*[lambda: ask(alice, room_id, "Hello")] * 3)
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"conflict"}
    assert said(alice, room_id) == [(False, "Hello"), (True, "one two three")]


def test_the_same_request_twice_at_once_is_one(assistant: ModelServer, alice: Person, together: Together):
    room_id, headers = open_chat(alice), key()
    assistant.chat.script = [Say("one two three", token_delay=0.2)]
    answers = [answer.json() for answer in together(*[lambda: ask(alice, room_id, "Hello", **headers)] * 3)]
    assert {answer["ai_message"]["content"] for answer in answers} == {"one two three"}
    assert len({answer["ai_message"]["id"] for answer in answers}) == len(assistant.chats) == 1
    assert UsageEntry.objects.count() == 1


@pytest.mark.parametrize("asker", ["stream", "message"])
def test_a_turn_is_cancelled_from_elsewhere(assistant: ModelServer, alice: Person, together: Together, asker: str):
    room_id = open_chat(alice)
    path = f"/api/ai/chat/{room_id}/cancel"
    assert alice.client.post(path).json() == {"room_id": room_id, "cancelled": False}
    assistant.chat.script = [LONG]
    asked: dict[str, Callable[[], Any]] = {
        "stream": lambda: stream(alice, room_id, "Hello")[-1],
        "message": lambda: ask(alice, room_id, "Hello").json(),
    }
    done, at = together(asked[asker], when_it_speaks(assistant, lambda: alice.client.post(path)))
    left_at = assistant.chats[0].left_at
    assert left_at is not None
    assert left_at - at < 1
    assert done["cancelled"] is True
    content = said(alice, room_id)[1][1]
    assert content == (done.get("message") or done["ai_message"])["content"]
    assert "word word" in content
    assert len(content) < 500
    entry = UsageEntry.objects.get()
    assert (entry.outcome, entry.is_estimate, entry.cost > 0) == ("cancelled", True, True)
    assert AssistantAnswer.objects.get().is_partial
    assert ask(alice, room_id, "And now?").status_code == 200


def suspended(alice: Person, room_id: str) -> None:
    Suspension.objects.create(user_id=alice.user_id)


def removed(alice: Person, room_id: str) -> None:
    RoomParticipant.objects.filter(room_id=room_id, user_id=alice.user_id).delete()


def deleted(alice: Person, room_id: str) -> None:
    alice.client.delete(f"/api/ai/chat/{room_id}")


def erased(alice: Person, room_id: str) -> None:
    alice.client.delete("/api/me")


@pytest.mark.parametrize(
    ("revoke", "code"),
    [(suspended, "suspended"), (removed, "not_a_member"), (deleted, "not_a_member"), (erased, "not_found")],
    ids=["suspended", "removed", "room deleted", "erased"],
)
def test_who_may_not_have_the_answer_any_more_hears_no_more(
    assistant: ModelServer,
    alice: Person,
    bob: Person,
    together: Together,
    revoke: Callable[[Person, str], None],
    code: str,
):
    room_id = open_chat(alice)
    alice.client.post(f"/api/rooms/{room_id}/participants", {"user_id": str(bob.user_id)})
    assistant.chat.script = [LONG]
    events, at = together(
        lambda: stream(alice, room_id, "Hello"), when_it_speaks(assistant, lambda: revoke(alice, room_id))
    )
    assert (events[-1]["type"], events[-1]["code"]) == ("error", code)
    assert (assistant.chats[0].left_at or 9e9) - at < 1
    entry = UsageEntry.objects.get()
    assert (entry.outcome, entry.cost > 0) == ("cut", True)
    assert not AssistantTurn.objects.exists()
    left = Message.objects.filter(room_id=room_id)
    assert left.count() == (2 if revoke in {suspended, removed} else 0)


def test_a_room_is_free_again_when_its_process_was_killed(assistant: ModelServer, alice: Person):
    room_id = open_chat(alice)
    ask(alice, room_id, "Hello")
    turn = AssistantTurn.objects.create(
        room_id=room_id, user_id=alice.user_id, question_id=alice.user_id, answer_id=alice.user_id
    )
    assert_error(ask(alice, room_id, "And now?"), 422, "conflict")
    AssistantTurn.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(seconds=16))
    assert ask(alice, room_id, "And now?").status_code == 200
    turn.save(force_insert=True)
    assert turns_sweep() == 0
    AssistantTurn.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(hours=1))
    Message.objects.filter(room_id=room_id).last().delete()  # type: ignore[union-attr]
    assert turns_sweep() == 1 + (2 - AssistantAnswer.objects.count())


def test_whoever_lost_the_turn_stores_nothing(assistant: ModelServer, alice: Person, together: Together):
    room_id = open_chat(alice)
    assistant.chat.script = [LONG]

    def taken_over() -> None:
        AssistantTurn.objects.filter(room_id=room_id).update(id=alice.user_id)

    events, _ = together(lambda: stream(alice, room_id, "Hello"), when_it_speaks(assistant, taken_over))
    assert events[-1]["type"] == "error"
    assert said(alice, room_id) == [(False, "Hello")]
    assert UsageEntry.objects.get().outcome == "cut"


def test_erasing_somebody_takes_what_they_were_answered(
    assistant: ModelServer, alice: Person, bob: Person, bot: Person
):
    own, shared = open_chat(alice), open_chat(alice)
    alice.client.post(f"/api/rooms/{shared}/participants", {"user_id": str(bob.user_id)})
    for room_id, person in ((own, alice), (shared, alice), (shared, bob)):
        ask(person, room_id, f"I am {person.name}")
    export = alice.client.get("/api/me/export").json()["data"]["assistant_answers"]
    assert [answer["content"] for answer in export] == ["You said: I am Alice"] * 2
    assert alice.client.delete("/api/me").status_code == 204
    assert said(bob, shared) == [(False, "I am Bob"), (True, "You said: I am Bob")]
    seqs = list(RoomLogEntry.objects.filter(room_id=shared).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert AssistantAnswer.objects.count() == 1
    assert not Message.objects.filter(room_id=own).exists()
    bob.client.delete(f"/api/rooms/{shared}/participants/{bob.user_id}")
    assert not RoomParticipant.objects.filter(user_id=bot.user_id).exists(), "nobody is left but the assistant"


class TestTools:
    def test_what_a_tool_finds_becomes_a_source_and_what_writes_an_action(self, assistant: ModelServer, alice: Person):
        room_id = open_chat(alice, context_enabled=False)
        alice.client.post("/api/strings", {"content_text": "Blitz chess on Sunday"})
        assistant.chat.call_tool("search_strings", {"query": "chess"})
        assistant.chat.call_tool("create_string", {"content_text": "Who is in?"})
        start, found, proposed, *tokens, done = stream(alice, room_id, "Find chess and post")
        assert (start["type"], found["type"], found["name"]) == ("start", "tool", "search_strings")
        assert "Blitz chess" in str(found["result"])
        assert (proposed["name"], proposed["result"]["status"]) == ("create_string", "proposed")
        assert tokens
        assert [source["type"] for source in done["sources"]] == ["string"]
        action = done["actions"][0]
        assert (action["action_type"], action["action_data"]) == ("create_string", {"content_text": "Who is in?"})
        assert history(alice, room_id)[-1]["actions"] == done["actions"]
        assert len(alice.client.get("/api/my/strings").json()["data"]) == 1, "nothing is written before it is confirmed"
        confirm = {name: action[name] for name in ("action_type", "action_data")}
        headers = {"Idempotency-Key": action["idempotency_key"]}
        assert alice.client.post("/api/ai/execute-action", confirm, headers=headers).status_code == 201
        assert len(alice.client.get("/api/my/strings").json()["data"]) == 2
        roles = [message["role"] for message in assistant.chats[-1].body["messages"]]
        assert roles == ["system", "user", "assistant", "tool", "assistant", "tool"]
        assert UsageEntry.objects.get().outcome == "done"

    def test_what_a_model_does_wrong_is_for_the_model_to_hear(self, assistant: ModelServer, alice: Person):
        room_id = open_chat(alice, context_enabled=False)
        assistant.chat.script = [
            Say(calls=(("no_such_tool", {}), ("create_string", "{not json"), ("create_string", {"content_text": 5}))),
            Say(calls=tuple(("search_strings", {"query": f"word{n}"}) for n in range(12))),
        ]
        _, *tools, done = [event for event in stream(alice, room_id, "Go") if event["type"] != "token"]
        results = [tool["result"] for tool in tools]
        assert ["error" in result for result in results[:2]] == [True, True]
        assert [result.get("error", "")[:9] for result in results[3:]] == [""] * 8 + ["At most 8"] * 4
        assert (done["type"], done["message"]["content"][:9]) == ("done", "You said:")

    def test_a_model_that_wants_tools_for_ever_has_to_answer(self, assistant: ModelServer, alice: Person):
        room_id = open_chat(alice, context_enabled=False)
        for number in range(4):
            assistant.chat.call_tool("search_strings", {"query": f"word{number}"}, text="Let me see. ")
        answer = ask(alice, room_id, "Go").json()
        assert "Let me see." in answer["ai_message"]["content"]
        assert "You said: Go" in answer["ai_message"]["content"]
        assert [bool(one.body.get("tools")) for one in assistant.chats] == [True] * 4 + [False]
        assert UsageEntry.objects.get().cost > 0
