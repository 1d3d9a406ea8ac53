"""Saying, changing and deleting things in rooms over REST (docs/api.md, Rooms)."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import services
from chat.models import Message, Room, RoomLogEntry, RoomPosition
from chat.tests.rooms import UNKNOWN, assert_in_order, body_of, get, log_of, say
from lifestring.errors import ValidationFailedError
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: Person, bob: Person) -> uuid.UUID:
    """A room of alice and bob that other clients made: nothing was ever logged in it."""
    return make_room(alice, bob)


class TestSending:
    def test_a_message_comes_back_as_it_is_stored(self, alice: Person, room: uuid.UUID):
        before = Room.objects.get(id=room).updated_at
        answer = alice.client.post(f"/api/rooms/{room}/messages?include=user", {"content": " Who brings the board?\n"})

        assert_documented(answer)
        message = body_of(answer, 201)["data"]
        stored = Message.objects.get(id=message["id"])
        assert (stored.content, stored.user_id, stored.room_id) == (" Who brings the board?\n", alice.user_id, room)
        assert message["content"] == stored.content
        assert message["user"]["name"] == "Alice"
        assert message["seq"] == 1
        assert message["created_at"] == message["updated_at"]
        assert datetime.fromisoformat(message["created_at"]) == stored.created_at
        assert message["links"]["self"].endswith(f"/api/rooms/{room}/messages/{message['id']}")
        assert body_of(alice.client.get(message["links"]["self"]))["data"].items() <= message.items()
        assert log_of(room) == [(1, "message.created", stored.id)]
        assert Room.objects.get(id=room).updated_at == stored.created_at > before

    def test_numbers_follow_each_other_in_each_room(self, alice: Person, bob: Person, room: uuid.UUID):
        other = make_room(alice, bob)
        assert [say(person, where)["seq"] for where in (room, other) for person in (alice, bob)] == [1, 2, 1, 2]
        assert assert_in_order(room) == assert_in_order(other) == 2

    def test_time_never_goes_back_within_a_room(self, alice: Person, room: uuid.UUID):
        say(alice, room)
        ahead = datetime.fromisoformat("2090-01-01T00:00:00Z")
        RoomPosition.objects.filter(room_id=room).update(at=ahead)
        sent = [say(alice, room)["created_at"] for _ in range(2)]
        assert sent == ["2090-01-01T00:00:00.000001Z", "2090-01-01T00:00:00.000002Z"]

    @pytest.mark.parametrize("content", ["", " \n ", None, True, ["x"], {"a": 1}, "a\x00b", "\ud800", "x" * 5_001])
    def test_what_cannot_be_said_is_422(self, alice: Person, room: uuid.UUID, content: Any):
        answer = alice.client.post(
            f"/api/rooms/{room}/messages", f'{{"content": {_json(content)}}}', content_type="application/json"
        )
        assert_error(answer, 422, "validation_failed", field="content")
        assert log_of(room) == []

    def test_five_thousand_characters_are_fine(self, alice: Person, room: uuid.UUID):
        assert len(say(alice, room, "ß" * 5_000)["content"]) == 5_000

    def test_who_is_not_in_the_room_cannot(self, charlie: Person, admin: Person, room: uuid.UUID):
        for person in (charlie, admin):
            for body in ({"content": "x"}, {}):
                answer = person.client.post(f"/api/rooms/{room}/messages", body)
                assert_error(answer, 403, "not_a_member")
                assert_documented(answer)
        assert_error(charlie.client.post(f"/api/rooms/{UNKNOWN}/messages", {"content": "x"}), 404, "not_found")
        assert not Message.objects.exists()
        assert not RoomPosition.objects.exists(), "what was refused leaves nothing"

    def test_a_block_does_not_reach_into_a_common_room(self, alice: Person, bob: Person, room: uuid.UUID):
        block(bob, alice)
        message = say(alice, room, "still here")
        assert get(bob, f"/api/rooms/{room}/messages")["data"][0]["id"] == message["id"]

    @pytest.mark.django_db(transaction=True)
    def test_it_costs_six_statements_in_one_transaction(self, alice: Person, room: uuid.UUID):
        say(alice, room)
        with CaptureQueriesContext(connection) as captured:
            say(alice, room)
        queries = [query["sql"] for query in captured.captured_queries]
        frame = [sql for sql in queries if sql in {"BEGIN", "COMMIT"}]
        assert frame == ["BEGIN", "COMMIT"]
        assert queries[-1] == "COMMIT"
        assert len(queries) - len(frame) <= 6, "\n".join(queries)


def _json(value: Any) -> str:
    return json.dumps(value)


class TestRepeating:
    def test_a_key_sends_once(self, alice: Person, bob: Person, room: uuid.UUID):
        first = say(alice, room, "once", **{"Idempotency-Key": "k"})
        say(bob, room)
        assert say(alice, room, "twice", **{"Idempotency-Key": "k"}) == first
        assert say(bob, room, "bob's", **{"Idempotency-Key": "k"})["id"] != first["id"]
        assert [kind for _, kind, _ in log_of(room)] == ["message.created"] * 3
        assert assert_in_order(room) == 3

    def test_what_was_deleted_does_not_come_back(self, alice: Person, room: uuid.UUID):
        sent = say(alice, room, **{"Idempotency-Key": "k"})
        assert alice.client.delete(sent["links"]["self"]).status_code == 204
        answer = alice.client.post(f"/api/rooms/{room}/messages", {"content": "x"}, headers={"Idempotency-Key": "k"})
        assert_error(answer, 422, "conflict", field="id")
        assert_documented(answer)
        assert [kind for _, kind, _ in log_of(room)] == ["message.created", "message.deleted"]
        assert not Message.objects.exists()

    def test_after_the_trim_its_place_is_unknown(self, alice: Person, room: uuid.UUID):
        first = say(alice, room, **{"Idempotency-Key": "k"})
        RoomLogEntry.objects.all().delete()
        answer = alice.client.post(f"/api/rooms/{room}/messages", {"content": "x"}, headers={"Idempotency-Key": "k"})
        assert body_of(answer, 201)["data"] == {**first, "seq": None}
        assert_documented(answer)

    def test_an_id_of_somebody_else_or_of_another_room_is_refused(self, alice: Person, bob: Person, room: uuid.UUID):
        theirs = uuid.UUID(say(bob, room)["id"])
        own = uuid.UUID(say(alice, make_room(alice))["id"])
        for taken in (theirs, own):
            with pytest.raises(ValidationFailedError, match="taken"):
                services.message_send(caller=alice.caller, room_id=room, message_id=taken, content="x")
        assert assert_in_order(room) == 1


class TestChanging:
    def test_the_author_changes_the_text(self, alice: Person, room: uuid.UUID):
        message = say(alice, room)
        for number, method in enumerate(("put", "patch"), start=2):
            url = f"/api/rooms/{room}/messages/{message['id']}?include=user"
            answer = getattr(alice.client, method)(url, {"content": method, "user_id": UNKNOWN})
            assert_documented(answer)
            changed = body_of(answer)["data"]
            assert (changed["content"], changed["seq"], changed["user"]["name"]) == (method, number, "Alice")
            assert changed["created_at"] == message["created_at"] < changed["updated_at"]
        assert [kind for _, kind, _ in log_of(room)] == ["message.created", *["message.updated"] * 2]

    def test_nobody_else_does(self, alice: Person, bob: Person, charlie: Person, mod: Person, admin: Person):
        room = make_room(alice, bob, mod, admin)
        url = f"/api/rooms/{room}/messages/{say(alice, room)['id']}"
        for person in (bob, mod, admin):
            assert_error(person.client.put(url, {"content": "x"}), 403, "forbidden")
        assert_error(charlie.client.put(url, {"content": "x"}), 403, "not_a_member")
        assert_error(charlie.client.put(url, {}), 403, "not_a_member")
        assert_error(alice.client.put(url, {"content": " "}), 422, field="content")
        assert assert_in_order(room) == 1

    def test_a_message_of_another_room_is_404_here(self, alice: Person, room: uuid.UUID):
        message = say(alice, room)["id"]
        url = f"/api/rooms/{make_room(alice)}/messages/{message}"
        assert_error(alice.client.get(url), 404, "not_found")
        assert_error(alice.client.put(url, {"content": "x"}), 404, "not_found")
        assert_error(alice.client.delete(url), 404, "not_found")
        assert assert_in_order(room) == 1


class TestDeleting:
    def test_author_and_staff_who_are_members_may(self, alice: Person, mod: Person, admin: Person):
        room = make_room(alice, mod, admin)
        for person in (alice, mod, admin):
            message = say(alice, room)
            answer = person.client.delete(f"/api/rooms/{room}/messages/{message['id']}")
            assert (answer.status_code, answer.content) == (204, b"")
            assert_error(person.client.delete(f"/api/rooms/{room}/messages/{message['id']}"), 404)
            assert log_of(room)[-1][1:] == ("message.deleted", uuid.UUID(message["id"]))
        assert not Message.objects.exists()
        assert assert_in_order(room) == 6

    def test_others_may_not(self, alice: Person, bob: Person, mod: Person, room: uuid.UUID):
        url = f"/api/rooms/{room}/messages/{say(alice, room)['id']}"
        assert_error(bob.client.delete(url), 403, "forbidden")
        assert_error(mod.client.delete(url), 403, "not_a_member")
        assert assert_in_order(room) == 1
