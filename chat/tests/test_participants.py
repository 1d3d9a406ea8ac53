"""Coming into rooms, leaving them, and reading them (docs/api.md, Rooms)."""

import uuid

import pytest

from chat.models import Message, ReadMark, Room, RoomLogEntry, RoomParticipant, RoomPosition
from chat.tests.rooms import UNKNOWN, assert_in_order, body_of, get, log_of, say
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, make_person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db


class TestComing:
    def test_any_member_brings_somebody_in(self, alice: Person, bob: Person, charlie: Person):
        room = make_room(alice, bob)
        url = f"/api/rooms/{room}/participants"
        assert_error(charlie.client.get(f"/api/rooms/{room}"), 403, "not_a_member")
        answer = bob.client.post(url, {"user_id": str(charlie.user_id)})
        assert_documented(answer)
        assert body_of(answer, 201) == {"message": "Participant added successfully", "seq": 1}
        assert log_of(room) == [(1, "participant.added", charlie.user_id)]
        assert say(charlie, room)["seq"] == 2
        answer = charlie.client.get(url)
        assert_documented(answer)
        people = sorted((alice, bob, charlie), key=lambda person: person.user_id)
        assert [one["name"] for one in answer.json()["data"]] == [person.name for person in people]

    def test_who_is_in_already_or_does_not_exist_is_422(self, alice: Person, bob: Person):
        url = f"/api/rooms/{make_room(alice, bob)}/participants"
        for user_id in (str(bob.user_id), str(alice.user_id), UNKNOWN, str(bob.profile.id), "x", 7, None):
            answer = alice.client.post(url, {"user_id": user_id})
            assert_error(answer, 422, "validation_failed", field="user_id")
            assert_documented(answer)
        assert not RoomLogEntry.objects.exists()

    def test_a_block_with_anybody_in_the_room_is_403(self, alice: Person, bob: Person, charlie: Person):
        dave = make_person("Dave")
        room = make_room(alice, bob)
        block(alice, charlie)
        block(dave, bob)
        for caller in (alice, bob):
            for person in (charlie, dave):
                answer = caller.client.post(f"/api/rooms/{room}/participants", {"user_id": str(person.user_id)})
                assert_error(answer, 403, "blocked")
                assert_documented(answer)
        assert RoomParticipant.objects.count() == 2


class TestLeaving:
    def test_oneself(self, alice: Person, bob: Person):
        room = make_room(alice, bob)
        message = say(alice, room)["id"]
        bob.client.put(f"/api/rooms/{room}/read", {"message_id": message})
        answer = bob.client.delete(f"/api/rooms/{room}/participants/{bob.user_id}")
        assert_documented(answer)
        assert body_of(answer) == {"message": "Participant removed successfully", "room_deleted": False, "seq": 2}
        assert log_of(room)[-1] == (2, "participant.removed", bob.user_id)
        assert not ReadMark.objects.exists()
        assert_error(bob.client.get(f"/api/rooms/{room}"), 403, "not_a_member")
        assert_error(bob.client.post(f"/api/rooms/{room}/messages", {"content": "x"}), 403, "not_a_member")
        assert_error(alice.client.delete(f"/api/rooms/{room}/participants/{bob.user_id}"), 404, "not_found")

    def test_others_only_as_staff_who_are_in_it(self, alice: Person, bob: Person, mod: Person, admin: Person):
        charlie = make_person("Charlie")
        room = make_room(alice, bob, charlie, mod, admin)
        url = f"/api/rooms/{room}/participants/"
        assert_error(alice.client.delete(url + str(bob.user_id)), 403, "forbidden")
        assert_error(alice.client.delete(url + UNKNOWN), 404, "not_found")
        assert mod.client.delete(url + str(bob.user_id)).status_code == 200
        assert admin.client.delete(url + str(charlie.profile.id)).status_code == 200
        assert admin.client.delete(url + str(admin.user_id)).status_code == 200
        assert_error(admin.client.delete(url + str(alice.user_id)), 403, "not_a_member")
        assert assert_in_order(room) == 3

    def test_the_last_one_out_deletes_the_room(self, alice: Person, bob: Person):
        room = make_room(alice, bob)
        message = say(alice, room)["id"]
        alice.client.put(f"/api/rooms/{room}/read", {"message_id": message})
        for person, last in ((bob, False), (alice, True)):
            answer = person.client.delete(f"/api/rooms/{room}/participants/{person.user_id}")
            assert_documented(answer)
            assert body_of(answer)["room_deleted"] is last
        assert "deleted" in body_of(answer)["message"]
        for model in (Room, RoomParticipant, Message, RoomLogEntry, RoomPosition, ReadMark):
            assert not model.objects.exists(), model
        assert_error(alice.client.get(f"/api/rooms/{room}"), 404, "not_found")

    def test_with_the_account(self, alice: Person, bob: Person, charlie: Person, mod: Person):
        shared, alone, left = make_room(alice, bob, mod), make_room(alice), make_room(alice, bob)
        for room in (shared, alone, left):
            for text in ("one", "two"):
                say(alice, room, text)
        say(bob, shared)
        alice.client.put(f"/api/rooms/{shared}/read", {"message_id": say(bob, shared)["id"]})
        alice.client.post(f"/api/rooms/{shared}/participants", {"user_id": str(charlie.user_id)})
        mod.client.delete(f"/api/rooms/{shared}/participants/{charlie.user_id}")
        alice.client.delete(f"/api/rooms/{left}/participants/{alice.user_id}")
        assert alice.client.delete("/api/me").status_code == 204

        assert not Room.objects.filter(id=alone).exists()
        assert set(Message.objects.values_list("user_id", flat=True)) == {bob.user_id}
        assert [kind for _, kind, _ in log_of(shared)][-3:] == ["message.deleted"] * 2 + ["participant.removed"]
        assert [kind for _, kind, _ in log_of(left)][-2:] == ["message.deleted"] * 2
        assert assert_in_order(shared) == 9
        assert assert_in_order(left) == 5
        entries = RoomLogEntry.objects
        assert not entries.filter(user_id=alice.user_id).exists() | entries.filter(subject_id=alice.user_id).exists()
        assert not ReadMark.objects.exists()
        answer = bob.client.get(f"/api/rooms/{shared}/log")
        assert_documented(answer)
        assert str(alice.user_id) not in answer.content.decode()
        assert answer.json()["data"][-1]["user_id"] is None


class TestReading:
    def test_unread_are_messages_of_others_after_the_mark(self, alice: Person, bob: Person):
        room = make_room(alice, bob)
        sent = [say(person, room)["id"] for person in (bob, alice, bob, bob)]
        url = f"/api/rooms/{room}"

        def unread(person: Person) -> set[int]:
            shown = [
                get(person, url)["data"],
                *get(person, "/api/rooms")["data"],
                *get(person, "/api/my/rooms")["data"],
            ]
            return {room["unread_count"] for room in shown}

        assert (unread(alice), unread(bob)) == ({3}, {1})
        for index, left in ((0, 2), (2, 1), (1, 1), (3, 0), (0, 0)):
            answer = alice.client.put(f"{url}/read", {"message_id": sent[index]})
            assert_documented(answer)
            assert body_of(answer)["data"]["unread_count"] == left
            assert unread(alice) == {left}
        assert body_of(answer)["data"] == {"room_id": str(room), "message_id": sent[3], "unread_count": 0}
        assert unread(bob) == {1}
        bob.client.delete(f"{url}/messages/{sent[3]}")
        assert unread(alice) == {0}
        say(bob, room)
        assert unread(alice) == {1}

    def test_of_very_much_unread_only_so_much_is_counted(
        self, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("chat.querysets.MOST_UNREAD", 2)
        room = make_room(alice, bob)
        for unread in (1, 2, 2):
            say(bob, room)
            assert Room.objects.filter(id=room).with_unread_count(alice.caller).get().unread_count == unread

    def test_a_mark_needs_a_message_of_this_room(self, alice: Person, bob: Person):
        room = make_room(alice, bob)
        elsewhere = say(alice, make_room(alice))["id"]
        for message_id in (elsewhere, UNKNOWN, str(uuid.uuid4()), "x", None, 7):
            answer = alice.client.put(f"/api/rooms/{room}/read", {"message_id": message_id})
            assert_error(answer, 422, "validation_failed", field="message_id")
            assert_documented(answer)
        assert not ReadMark.objects.exists()
