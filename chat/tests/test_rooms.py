"""Making, changing, deleting and listing rooms (docs/api.md, Rooms)."""

import uuid
from typing import Any

import pytest
from django.db import connection

from chat.models import Message, ReadMark, Room, RoomLogEntry, RoomParticipant, RoomPosition
from chat.tests.rooms import UNKNOWN, assert_in_order, body_of, get, log_of, say
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, make_person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db


def create(person: Person, **body: Any) -> dict[str, Any]:
    answer = person.client.post("/api/rooms", body)
    assert_documented(answer)
    room: dict[str, Any] = body_of(answer, 201)["data"]
    return room


def members_of(room_id: Any) -> set[uuid.UUID]:
    return set(RoomParticipant.objects.filter(room_id=room_id).values_list("user_id", flat=True))


class TestMaking:
    def test_the_caller_is_in_it_and_so_are_the_others(self, alice: Person, bob: Person, charlie: Person):
        ids = [str(bob.user_id), str(charlie.user_id), str(bob.user_id).upper(), str(alice.user_id)]
        room = create(alice, name="Chess", metadata={"colour": "green"}, participant_ids=ids, id=UNKNOWN)
        assert (room["name"], room["metadata"], room["unread_count"]) == ("Chess", {"colour": "green"}, 0)
        assert room["id"] != UNKNOWN
        assert room["links"]["self"].endswith(f"/api/rooms/{room['id']}")
        assert members_of(room["id"]) == {alice.user_id, bob.user_id, charlie.user_id}
        assert room["seq"] == 0
        first = say(alice, room["id"])
        assert (first["seq"], first["created_at"] > room["created_at"]) == (1, True)
        assert get(bob, f"/api/rooms/{room['id']}")["data"]["name"] == "Chess"

    def test_nothing_is_needed(self, alice: Person):
        room = create(alice)
        assert (room["name"], room["metadata"]) == (None, {})
        assert members_of(room["id"]) == {alice.user_id}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "x" * 256}, "name"),
            ({"name": ["x"]}, "name"),
            ({"name": "a\x00"}, "name"),
            ({"metadata": []}, "metadata"),
            ({"metadata": {"a": "x" * 70_000}}, "metadata"),
            ({"participant_ids": "x"}, "participant_ids"),
            ({"participant_ids": [7]}, "participant_ids.0"),
            ({"participant_ids": ["x"]}, "participant_ids.0"),
            ({"participant_ids": [None]}, "participant_ids.0"),
            ({"participant_ids": [str(uuid.uuid4()) for _ in range(10_000)]}, "participant_ids"),
        ],
    )
    def test_a_body_that_breaks_a_rule_is_422(self, alice: Person, body: dict[str, Any], field: str):
        answer = alice.client.post("/api/rooms", body)
        assert_error(answer, 422, "validation_failed", field=field)
        assert len(answer.content) < 1_000
        assert not Room.objects.exists()

    def test_people_who_do_not_exist_are_named_by_their_place(self, alice: Person, bob: Person):
        answer = alice.client.post("/api/rooms", {"participant_ids": [str(bob.user_id), UNKNOWN]})
        assert_documented(answer)
        assert set(assert_error(answer, 422)["errors"]) == {"participant_ids.1"}
        assert not Room.objects.exists()
        assert not RoomPosition.objects.exists()

    def test_a_block_between_any_two_is_422_whoever_blocked(self, alice: Person, bob: Person, charlie: Person):
        dave = make_person("Dave")
        block(bob, alice)
        block(dave, charlie)
        ids = [str(person.user_id) for person in (charlie, bob, dave)]
        for caller, expected in ((alice, {"participant_ids.1", "participant_ids.2"}), (bob, {"participant_ids.2"})):
            body = assert_error(caller.client.post("/api/rooms", {"participant_ids": ids}), 422)
            assert set(body["errors"]) == expected
            assert "block" not in str(body)
        body = assert_error(bob.client.post("/api/rooms", {"participant_ids": [str(alice.user_id)]}), 422)
        assert set(body["errors"]) == {"participant_ids.0"}
        assert not Room.objects.exists()

    def test_a_key_makes_one_room(self, alice: Person, bob: Person):
        first, again = (
            body_of(alice.client.post("/api/rooms", {"name": name}, headers={"Idempotency-Key": "k"}), 201)["data"]
            for name in ("one", "two")
        )
        assert again == first
        assert body_of(bob.client.post("/api/rooms", {}, headers={"Idempotency-Key": "k"}), 201)["data"] != first
        assert Room.objects.count() == 2
        RoomParticipant.objects.create(room_id=first["id"], user_id=bob.user_id)
        alice.client.delete(f"/api/rooms/{first['id']}/participants/{alice.user_id}")
        answer = alice.client.post("/api/rooms", {}, headers={"Idempotency-Key": "k"})
        assert_error(answer, 403, "not_a_member")
        assert_documented(answer)


class TestChanging:
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_any_member_changes_the_fields_given(self, alice: Person, bob: Person, method: str):
        room = make_room(alice, bob, name="Chess", metadata={"a": 1})
        before = Room.objects.get(id=room).updated_at
        url = f"/api/rooms/{room}"
        answer = getattr(bob.client, method)(url, {"name": "Go", "created_at": "2000-01-01T00:00:00Z"})
        assert_documented(answer)
        changed = body_of(answer)["data"]
        assert (changed["name"], changed["metadata"], changed["seq"]) == ("Go", {"a": 1}, 1)
        assert Room.objects.get(id=room).updated_at > before
        changed = body_of(getattr(alice.client, method)(url, {"metadata": {"b": 2}, "name": " "}))["data"]
        assert (changed["name"], changed["metadata"], changed["seq"]) == (None, {"b": 2}, 2)
        assert body_of(getattr(alice.client, method)(url, {}))["data"]["seq"] == 2
        assert log_of(room) == [(1, "room.updated", None), (2, "room.updated", None)]

    def test_what_breaks_a_rule_changes_nothing(self, alice: Person):
        room = make_room(alice)
        for body, field in (({"name": "x" * 256}, "name"), ({"metadata": "x"}, "metadata"), ([], "body")):
            assert_error(alice.client.put(f"/api/rooms/{room}", body), 422, field=field)
        assert log_of(room) == []

    def test_metadata_nobody_can_parse_is_no_obstacle(self, alice: Person):
        room = make_room(alice)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE rooms SET metadata = jsonb_build_object('n', %s::numeric)", ["9" * 6_000])
        assert alice.client.put(f"/api/rooms/{room}", {"name": "Go"}).status_code == 200
        for address in ("/api/rooms", f"/api/rooms/{room}", f"/api/rooms/{room}/log"):
            answer = alice.client.get(address)
            assert answer.status_code == 200
            assert b"9" * 6_000 in answer.content


class TestDeleting:
    def test_any_member_deletes_it_with_all_that_hangs_on_it(self, alice: Person, bob: Person):
        room, other = make_room(alice, bob), make_room(alice, bob)
        for where in (room, other):
            message = say(alice, where)["id"]
            assert bob.client.put(f"/api/rooms/{where}/read", {"message_id": message}).status_code == 200
        answer = bob.client.delete(f"/api/rooms/{room}")
        assert (answer.status_code, answer.content) == (204, b"")
        for model in (RoomParticipant, Message, RoomLogEntry, RoomPosition, ReadMark):
            assert set(model.objects.values_list("room_id", flat=True)) == {other}, model
        assert_error(alice.client.get(f"/api/rooms/{room}"), 404, "not_found")
        assert_error(alice.client.delete(f"/api/rooms/{room}"), 404, "not_found")


class TestStrangers:
    def test_hear_the_same_on_every_route(self, alice: Person, charlie: Person, admin: Person, mod: Person):
        room = make_room(alice)
        message = say(alice, room)["id"]
        url = f"/api/rooms/{room}"
        routes: list[tuple[str, str, Any]] = [
            *(("get", url + end, None) for end in ("", "/participants", "/messages", f"/messages/{message}", "/log")),
            *((method, url, body) for method in ("put", "patch") for body in ({"name": "x"}, {"name": []}, {}, [])),
            *(("post", f"{url}/participants", body) for body in ({"user_id": str(charlie.user_id)}, {})),
            *(("put", f"{url}/read", body) for body in ({"message_id": message}, {})),
            *(("delete", url + end, None) for end in ("", f"/participants/{alice.user_id}", f"/messages/{message}")),
            ("delete", f"{url}/participants/{UNKNOWN}", None),
            ("get", f"{url}/log?since=99", None),
            ("get", f"{url}/messages?since=x", None),
        ]
        for person in (charlie, admin, mod):
            for method, address, body in routes:
                answer = getattr(person.client, method)(address, body)
                assert_error(answer, 403, "not_a_member")
                assert_documented(answer)
                elsewhere = getattr(person.client, method)(address.replace(str(room), UNKNOWN), body)
                assert_error(elsewhere, 404, "not_found")
                assert_documented(elsewhere)
        assert assert_in_order(room) == 1
        assert members_of(room) == {alice.user_id}
