"""Conversations with the assistant over REST: what is said, stored, told and paid for."""

import pytest

from ai.models import AssistantAnswer, AssistantTurn, UsageEntry
from ai.tests.conversations import ask, history, key, open_chat, said, stream
from chat.models import Message, RoomLogEntry
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.openai_server import ModelServer, Say
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db


def test_a_question_is_answered_stored_and_paid_for(assistant: ModelServer, alice: Person, bot: Person):
    room_id = open_chat(alice)
    answer = ask(alice, room_id, "Hello there").json()
    question, reply = answer["user_message"], answer["ai_message"]
    assert (question["content"], question["user_id"], question["seq"]) == ("Hello there", str(alice.user_id), 1)
    assert (reply["content"], reply["user_id"], reply["seq"]) == ("You said: Hello there", str(bot.user_id), 2)
    assert reply["user"]["name"] == "Lifestring Assistant"
    entry = UsageEntry.objects.get()
    assert (entry.outcome, entry.purpose, str(entry.room_id)) == ("done", "chat", room_id)
    assert answer["tokens_used"] == entry.prompt_tokens + entry.completion_tokens > 0
    assert answer["cost"] == float(entry.cost) > 0
    assert said(alice, room_id) == [(False, "Hello there"), (True, "You said: Hello there")]
    assert not AssistantTurn.objects.exists()
    log = RoomLogEntry.objects.filter(room_id=room_id).order_by("seq").values_list("user_id", flat=True)
    assert list(log) == [alice.user_id, bot.user_id]


def test_the_same_as_a_stream(assistant: ModelServer, alice: Person):
    room_id = open_chat(alice)
    start, *tokens, done = stream(alice, room_id, "Hello there")
    assert (start["type"], start["user_message"]["content"]) == ("start", "Hello there")
    assert [token["type"] for token in tokens] == ["token"] * 4
    assert "".join(token["content"] for token in tokens) == "You said: Hello there"
    assert (done["type"], done["message"]["content"], done["cancelled"]) == ("done", "You said: Hello there", False)
    assert done["message_id"] == history(alice, room_id)[-1]["id"]
    assert done["tokens"] > 0
    assert done["cost"] > 0


def test_a_room_is_made_with_and_without_a_first_message(assistant: ModelServer, alice: Person, bob: Person):
    answer = alice.client.post("/api/ai/chat", {"initial_message": "Hi"})
    assert_documented(answer)
    body = answer.json()
    assert answer.status_code == 201
    assert body["room"]["metadata"] == {"type": "ai_chat", "context_enabled": True}
    assert (body["message"]["content"], body["ai_message"]["content"]) == ("Hi", "You said: Hi")
    empty = alice.client.post("/api/ai/chat", {"context_enabled": False, "initial_message": " "}).json()
    assert set(empty) == {"room_id", "room"}
    rooms = alice.client.get("/api/ai/chats")
    assert_documented(rooms)
    assert {room["id"] for room in rooms.json()["data"]} == {body["room_id"], empty["room_id"]}
    assert bob.client.get("/api/ai/chats").json()["data"] == []
    assistant.chat.script.append(Say("broken", cut_after=0))
    failed = alice.client.post("/api/ai/chat", {"initial_message": "Hi"})
    assert_documented(failed)
    assert (failed.status_code, failed.json()["ai_message"], failed.json()["error"]["code"]) == (
        201,
        None,
        "ai_unavailable",
    )
    deleted = alice.client.delete(f"/api/ai/chat/{body['room_id']}")
    assert_documented(deleted)
    assert (deleted.status_code, alice.client.get("/api/ai/chats").json()["meta"]["total"]) == (200, 2)


def test_a_repeated_request_is_answered_once(assistant: ModelServer, alice: Person):
    headers = key()
    rooms = {
        alice.client.post("/api/ai/chat", {"initial_message": "Hi"}, headers=headers).json()["room_id"] for _ in "ab"
    }
    assert len(rooms) == 1
    room_id = rooms.pop()
    first, second = (ask(alice, room_id, "Again", **headers).json() for _ in "ab")
    assert first["ai_message"]["id"] == second["ai_message"]["id"]
    assert (second["tokens_used"], second["cost"]) == (first["tokens_used"], first["cost"])
    streamed, repeated = (stream(alice, room_id, "Again", **headers) for _ in "ab")
    assert [event["type"] for event in repeated] == ["start", "token", "done"]
    assert repeated[-1]["message_id"] == streamed[-1]["message_id"]
    assert len(assistant.chats) == UsageEntry.objects.count() == 3
    # What failed is begun again under the same key.
    headers = key()
    assistant.chat.script.append(Say("broken", cut_after=0))
    assert ask(alice, room_id, "Once more", **headers).status_code == 503
    assert ask(alice, room_id, "Once more", **headers).json()["ai_message"]["content"] == "You said: Once more"
    assert Message.objects.filter(room_id=room_id, content="Once more").count() == 1


def test_the_last_question_is_answered_once_more_in_its_place(assistant: ModelServer, alice: Person):
    room_id = open_chat(alice)
    path = f"/api/ai/chat/{room_id}/regenerate"
    assert_error(alice.client.post(path), 422, "conflict")
    first = ask(alice, room_id, "Hello").json()["ai_message"]
    assistant.chat.say("Another answer.")
    again = alice.client.post(path)
    assert_documented(again)
    assert again.json()["ai_message"]["content"] == "Another answer."
    assert again.json()["ai_message"]["id"] == first["id"]
    assert said(alice, room_id) == [(False, "Hello"), (True, "Another answer.")]
    assistant.chat.script.append(Say("broken", cut_after=0))
    assert_error(alice.client.post(path), 503, "ai_unavailable")
    assert said(alice, room_id)[-1] == (True, "Another answer."), "it stays until there is a new one"
    for how in ({"path": f"{path}?stream=1"}, {"path": path, "HTTP_ACCEPT": "text/event-stream"}):
        streamed = alice.client.post(**how)
        assert_documented(streamed)
        assert streamed.headers["Content-Type"] == "text/event-stream"
    assert AssistantAnswer.objects.count() == 1
    # A question without an answer gets one.
    assistant.chat.script.append(Say("broken", cut_after=0))
    assert ask(alice, room_id, "And now?").status_code == 503
    alice.client.post(path)
    assert said(alice, room_id)[2:] == [(False, "And now?"), (True, "You said: And now?")]
