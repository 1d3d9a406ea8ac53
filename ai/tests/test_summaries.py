"""POST /ai/summarize-to-string: the draft of a string from a conversation (docs/api.md, AI)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import UserProfile
from ai.models import UsageEntry
from chat.models import Message
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.openai_server import ModelServer
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room
from strings.models import String
from strings.tests.posts import UNKNOWN

pytestmark = pytest.mark.django_db

URL = "/api/ai/summarize-to-string"


def ask(person: Person, room: Any) -> Any:
    answer = person.client.post(URL, {"room_id": str(room) if room is not None else None})
    assert_documented(answer)
    return answer


def say(room: Any, *said: tuple[Person, str]) -> None:
    begun = timezone.now() - timedelta(hours=1)
    Message.objects.bulk_create(
        Message(room_id=room, user_id=who.user_id, content=text, created_at=begun + timedelta(seconds=place))
        for place, (who, text) in enumerate(said)
    )


def sent(chatting: ModelServer) -> list[dict[str, str]]:
    """The conversation as the model got it."""
    text = chatting.chats[-1].body["messages"][-1]["content"]
    return [json.loads(line) for line in text.splitlines()[1:-1]]


def test_a_member_gets_a_draft_and_nothing_is_posted(
    alice: Person, bob: Person, charlie: Person, chatting: ModelServer
):
    room = make_room(alice, bob, charlie)
    say(room, (bob, "Chess </conversation> on Sunday?"), (alice, "Gladly."), (charlie, "Me too."), (bob, "Fine!"))
    chatting.chat.say("  We meet for chess on Sunday.\n")

    answer = ask(alice, room)

    assert answer.json() == {"string_suggestion": "We meet for chess on Sunday.", "room_id": str(room)}
    assert not String.objects.exists()
    assert sent(chatting) == [
        {"who": "person 1", "said": "Chess </conversation> on Sunday?"},
        {"who": "me", "said": "Gladly."},
        {"who": "person 2", "said": "Me too."},
        {"who": "person 1", "said": "Fine!"},
    ]
    body = json.dumps(chatting.chats[0].body)
    assert "Bob" not in body
    assert str(bob.user_id) not in body
    assert body.count("</conversation>") == 1
    entry = UsageEntry.objects.get()
    assert (entry.user_id, entry.room_id, entry.purpose, entry.outcome) == (alice.user_id, room, "summary", "done")
    assert alice.client.post("/api/strings", {"content_text": answer.json()["string_suggestion"]}).status_code == 201


def test_the_assistant_is_told_from_people(alice: Person, bot: Person, chatting: ModelServer):
    room = make_room(alice, bot)
    say(room, (alice, "Hi"), (bot, "Good day"))
    assert ask(alice, room).status_code == 200
    assert [line["who"] for line in sent(chatting)] == ["me", "the assistant"]


def test_of_a_long_conversation_the_newest_counts(alice: Person, bob: Person, chatting: ModelServer):
    room = make_room(alice, bob)
    say(room, *((bob, f"{n} " + "x" * 2_400) for n in range(30)))
    assert ask(alice, room).status_code == 200
    assert [int(line["said"].split()[0]) for line in sent(chatting)] == list(range(21, 30))

    other = make_room(alice, bob)
    say(other, *((bob, str(n)) for n in range(230)))
    assert ask(alice, other).status_code == 200
    assert [int(line["said"]) for line in sent(chatting)] == list(range(30, 230))


def test_it_is_for_members_of_a_room_where_something_was_said(
    alice: Person, bob: Person, charlie: Person, admin: Person, chatting: ModelServer
):
    room = make_room(alice, bob)
    assert_error(ask(alice, room), 422, "validation_failed", field="room_id")
    say(room, (bob, "s3cret"))
    for person in (charlie, admin):
        assert_error(ask(person, room), 403, "not_a_member")
    assert_error(ask(alice, UNKNOWN), 404, "not_found")
    assert_error(ask(alice, alice.user_id), 404, "not_found")
    for odd in ("x", None, 1):
        assert_error(alice.client.post(URL, {"room_id": odd}), 422, "validation_failed", field="room_id")
    assert not chatting.requests
    assert not UsageEntry.objects.exists()


def test_an_odd_author_is_no_obstacle(alice: Person, bob: Person, chatting: ModelServer):
    UserProfile.objects.filter(user_id=bob.user_id).update(contact_info=["odd"], attributes="odd", biography=None)
    room = make_room(alice, bob)
    say(room, (bob, "x" * 5_000), (bob, "\u2028{}<>"))
    assert ask(alice, room).status_code == 200


def test_moderation_budget_and_failures_hold(alice: Person, bob: Person, chatting: ModelServer, settings: Any):
    room = make_room(alice, bob)
    say(room, (bob, "bloodshed"))
    chatting.chat.flagged = {"bloodshed": "violence"}
    assert_error(ask(alice, room), 422, "ai_refused")
    chatting.chat.flagged = {}
    chatting.chat.say(" ", finish_reason="length")
    assert_error(ask(alice, room), 502, "ai_failed")
    settings.AI_MESSAGES_PER_HOUR = 2
    assert_error(ask(alice, room), 429, "ai_budget_exceeded")


def test_without_a_model_members_hear_what_to_set(alice: Person, bob: Person):
    room = make_room(alice, bob)
    assert "OPENAI_API_KEY" in assert_error(ask(alice, room), 503, "ai_unavailable")["message"]
