"""Lists of rooms and messages: order, pages, includes and counts (docs/api.md, Rooms)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from chat.models import Message, Room
from chat.tests.rooms import UNKNOWN, body_of, get, say
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block
from lifestring.testing.rooms import make_room
from lifestring.testing.volume import EPOCH

pytestmark = pytest.mark.django_db


def moment(second: int) -> Any:
    return EPOCH + timedelta(seconds=second)


def walk(person: Person, url: str, **query: Any) -> list[dict[str, Any]]:
    """Everything of a list by cursor, two rows at a time."""
    found, cursor = [], ""
    while cursor is not None:
        body = get(person, url, per_page=2, cursor=cursor, **query)
        found += body["data"]
        cursor = body["meta"]["next_cursor"]
    return found


class TestRooms:
    def test_only_ones_own_in_every_order_by_page_and_by_cursor(self, alice: Person, bob: Person):
        for n, name in enumerate(["b", None, "a", "c", None]):
            make_room(alice, *([bob] if n % 2 else []), name=name, created_at=moment(n), updated_at=moment(10 - n))
        make_room(bob, name="bob's")
        for url in ("/api/rooms", "/api/my/rooms"):
            for query, expected in (
                ({}, ["b", None, "a", "c", None]),
                ({"sort_by": "updated_at", "sort_dir": "asc"}, [None, "c", "a", None, "b"]),
                ({"sort_by": "created_at"}, [None, "c", "a", None, "b"]),
                ({"sort_by": "name", "sort_dir": "asc"}, ["a", "b", "c", None, None]),
                ({"sort_by": "nonsense"}, ["b", None, "a", "c", None]),
            ):
                answer = alice.client.get(url, query)
                assert_documented(answer)
                assert [room["name"] for room in answer.json()["data"]] == expected, query
                assert [room["name"] for room in walk(alice, url, **query)] == expected, query
            assert get(bob, url)["meta"]["total"] == 3

    def test_counts_and_includes(self, alice: Person, bob: Person, charlie: Person):
        block(bob, alice)
        busy, silent = make_room(alice, bob, charlie, name="busy"), make_room(alice, name="silent")
        for n in range(3):
            say(bob, busy, f"message {n}")
        query = {"include": "participants,messages,messages.user,nonsense", "withCount": "participants,messages"}
        answer = alice.client.get("/api/rooms", query)
        assert_documented(answer)
        first, second = answer.json()["data"]
        assert (first["id"], first["participants_count"], first["messages_count"]) == (str(busy), 3, 3)
        assert (second["id"], second["participants_count"], second["messages_count"]) == (str(silent), 1, 0)
        assert {one["name"] for one in first["participants"]} == {"Alice", "Bob", "Charlie"}
        assert first["messages"] == [first["latest_message"]]
        assert (first["latest_message"]["content"], first["latest_message"]["user"]["name"]) == ("message 2", "Bob")
        assert (second["messages"], second["latest_message"]) == ([], None)
        plain = get(alice, "/api/rooms")["data"][0]
        assert not {"participants", "messages", "latest_message", "participants_count"} & set(plain)
        assert "user" not in get(alice, "/api/rooms", include="messages")["data"][0]["latest_message"]

    def test_one_room_shows_a_page_of_messages(self, alice: Person):
        room = make_room(alice)
        for n in range(20):
            say(alice, room, str(n))
        url = f"/api/rooms/{room}"
        for query, expected in (
            ({}, range(19, 4, -1)),
            ({"messages_per_page": 3}, [19, 18, 17]),
            ({"messages_per_page": 3, "messages_sort_dir": "asc"}, [0, 1, 2]),
        ):
            answer = alice.client.get(url, {"include": "messages,messages.user", "withCount": "messages", **query})
            assert_documented(answer)
            shown = answer.json()["data"]
            assert [message["content"] for message in shown["messages"]] == [str(n) for n in expected]
            assert (shown["latest_message"]["content"], shown["messages_count"]) == ("19", 20)
            assert shown["messages"][0]["user"]["name"] == "Alice"
        for bad in ("0", "101", "x"):
            answer = alice.client.get(url, {"include": "messages", "messages_per_page": bad})
            assert_error(answer, 422, field="messages_per_page")

    def test_an_unchanged_room_is_304(self, alice: Person):
        room = make_room(alice)
        tag = alice.client.get(f"/api/rooms/{room}")["ETag"]
        assert alice.client.get(f"/api/rooms/{room}", headers={"If-None-Match": tag}).status_code == 304
        say(alice, room)
        assert alice.client.get(f"/api/rooms/{room}", headers={"If-None-Match": tag}).status_code == 200


class TestMessages:
    @pytest.fixture
    def room(self, alice: Person, bob: Person) -> uuid.UUID:
        """Six messages, two of each moment, as other clients may write them."""
        room = make_room(alice, bob)
        Message.objects.bulk_create(
            Message(
                id=uuid.UUID(int=n + 1), room_id=room, user_id=bob.user_id, content=str(n), created_at=moment(n // 2)
            )
            for n in range(6)
        )
        return room

    def test_newest_first_unless_told_otherwise(self, alice: Person, room: uuid.UUID):
        url = f"/api/rooms/{room}/messages"
        for query, expected in (({}, "543210"), ({"sort_dir": "asc"}, "012345"), ({"sort_by": "content"}, "543210")):
            answer = alice.client.get(url, {"include": "user", **query})
            assert_documented(answer)
            assert "".join(message["content"] for message in answer.json()["data"]) == expected
            assert answer.json()["data"][0]["user"]["name"] == "Bob"
            assert "".join(message["content"] for message in walk(alice, url, **query)) == expected
        assert get(alice, url, per_page=4, page=2)["meta"]["total"] == 6

    def test_since_a_time_or_a_message(self, alice: Person, room: uuid.UUID):
        url = f"/api/rooms/{room}/messages"
        first = "2026-01-01T00:00:00.000000Z"
        for since, expected in (
            (first, "2345"),
            (first.replace("Z", "+00:00"), "2345"),
            ("2026-01-01T00:00:00", "2345"),
            ("2026-01-01", "2345"),
            ("2025-12-31T23:00:00-01:00", "2345"),
            ("2026-01-01T00:00:01.5Z", "45"),
            (str(uuid.UUID(int=1)), "12345"),
            (str(uuid.UUID(int=4)), "45"),
            (str(uuid.UUID(int=6)), ""),
            ("", "012345"),
        ):
            for query in ({"sort_dir": "asc"}, {"sort_dir": "asc", "cursor": ""}):
                found = get(alice, url, since=since, **query)["data"]
                assert "".join(message["content"] for message in found) == expected, since
        assert len(body_of(alice.client.get(f"{url}?since={first.replace('Z', '+00:00')}"))["data"]) == 4
        elsewhere = say(alice, make_room(alice))["id"]
        for since in ("x", "2026-13-01T00:00:00Z", UNKNOWN, elsewhere, "9" * 300, "0" * 30):
            answer = alice.client.get(url, {"since": since})
            assert_error(answer, 422, "validation_failed", field="since")
            assert_documented(answer)

    def test_a_time_beyond_python_is_readable(self, alice: Person, room: uuid.UUID):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE messages SET created_at = 'infinity' WHERE content = '0'")
        assert get(alice, f"/api/rooms/{room}/messages")["data"][0]["created_at"].startswith("9999-12-31")
        assert get(alice, f"/api/rooms/{room}")["data"]["unread_count"] == 6


def test_a_message_moves_its_room_to_the_top(alice: Person):
    old, new = make_room(alice, updated_at=moment(1)), make_room(alice, updated_at=moment(2))
    say(alice, old)
    assert [room["id"] for room in get(alice, "/api/rooms")["data"]] == [str(old), str(new)]
    assert not Room.objects.filter(id=new).exclude(updated_at=F("updated_at")).exists()
