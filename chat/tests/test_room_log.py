"""Catching up with a room's log over REST, its trimming, and what was written past the service (docs/live.md)."""

import itertools
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chat.models import LogSweep, Message, ReadMark, Room, RoomLogEntry, RoomParticipant, RoomPosition
from chat.services import room_log_sweep
from chat.services.log import RoomTurn
from chat.tasks import sweep_orphans, sweep_room_log, trim_room_log
from chat.tests.rooms import get, log_of, say
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: Person, bob: Person) -> uuid.UUID:
    """A room of alice and bob."""
    return make_room(alice, bob)


def age(room_id: uuid.UUID, days: float, *, upto: int = 10**9) -> None:
    """Make the log's beginning older."""
    old = RoomLogEntry.objects.filter(room_id=room_id, seq__lte=upto)
    old.update(at=timezone.now() - timedelta(days=days))


def write(room_id: uuid.UUID, author: Person, content: str = "past the service", **fields: Any) -> Message:
    """Write a message as another client does."""
    times = {"created_at": timezone.now(), "updated_at": timezone.now(), **fields}
    return Message.objects.create(room_id=room_id, user_id=author.user_id, content=content, **times)


def sweep() -> int:
    """Run the sweep to its end; returns how many rooms it found something in."""
    found = 0
    while rooms := room_log_sweep():
        found += rooms
    return found


class TestReplay:
    def test_shows_everything_after_a_number_as_it_is_now(self, alice: Person, bob: Person, charlie: Person):
        room = make_room(alice, bob)
        url = f"/api/rooms/{room}"
        assert get(alice, f"{url}/log") == {"data": [], "meta": {"seq": 0, "has_more": False, "reset": False}}
        first, second = say(alice, room, "secret")["id"], say(bob, room)["id"]
        alice.client.put(f"{url}/messages/{second}", {"content": "not bob"})
        bob.client.put(f"{url}/messages/{second}", {"content": "changed"})
        alice.client.post(f"{url}/participants", {"user_id": str(charlie.user_id)})
        charlie.client.patch(url, {"name": "Go"})
        charlie.client.delete(f"{url}/participants/{charlie.user_id}")
        alice.client.delete(f"{url}/messages/{first}")

        answer = bob.client.get(f"{url}/log")
        assert_documented(answer)
        entries = answer.json()["data"]
        assert answer.json()["meta"] == {"seq": 7, "has_more": False, "reset": False}
        assert [(entry["seq"], entry["type"]) for entry in entries] == [
            (1, "message.deleted"),
            (2, "message.created"),
            (3, "message.updated"),
            (4, "participant.added"),
            (5, "room.updated"),
            (6, "participant.removed"),
            (7, "message.deleted"),
        ]
        assert "secret" not in answer.content.decode()
        assert {entries[0]["message_id"], entries[6]["message_id"]} == {first}
        assert entries[1]["message"] == entries[2]["message"]
        assert (entries[1]["message"]["content"], entries[1]["message"]["user"]["name"]) == ("changed", "Bob")
        assert (entries[3]["user_id"], entries[3]["user"]["name"]) == (str(charlie.user_id), "Charlie")
        assert (entries[4]["room"]["name"], entries[5]["user_id"]) == ("Go", str(charlie.user_id))
        assert [entry["by"] for entry in entries[3:6]] == [str(p.user_id) for p in (alice, charlie, charlie)]
        times = [entry["at"] for entry in entries]
        assert times == sorted(set(times))
        for since in range(8):
            assert get(alice, f"{url}/log", since=since)["data"] == entries[since:]

    def test_comes_in_stretches(self, alice: Person, room: uuid.UUID):
        for n in range(7):
            say(alice, room, str(n))
        seen: list[str] = []
        since, has_more = 0, True
        while has_more:
            body = get(alice, f"/api/rooms/{room}/log", since=since, limit=3)
            seen += [entry["message"]["content"] for entry in body["data"]]
            since, has_more = body["data"][-1]["seq"], body["meta"]["has_more"]
            assert body["meta"]["seq"] == 7
        assert seen == list("0123456")

    def test_of_a_number_that_cannot_be_is_422(self, alice: Person, room: uuid.UUID):
        say(alice, room)
        for since in ("2", "-1", "x", "1.0", "9" * 30, "²", "1e3", " 1"):
            answer = alice.client.get(f"/api/rooms/{room}/log", {"since": since})
            assert_error(answer, 422, "validation_failed", field="since")
            assert_documented(answer)
        for limit in ("0", "1001", "x"):
            assert_error(alice.client.get(f"/api/rooms/{room}/log", {"limit": limit}), 422, field="limit")
        assert get(alice, f"/api/rooms/{room}/log", limit=1000, since="")["meta"]["seq"] == 1


class TestTrimming:
    def test_leaves_what_is_young_enough_and_says_where_the_log_begins(self, alice: Person, room: uuid.UUID):
        other = make_room(alice)
        for n in range(5):
            say(alice, room, str(n))
        say(alice, other)
        age(room, 31, upto=3)
        age(other, 29)
        trim_room_log()

        assert [seq for seq, *_ in log_of(room)] == [4, 5]
        assert len(log_of(other)) == 1
        for since, expected in ((0, None), (2, None), (3, [4, 5]), (4, [5]), (5, [])):
            answer = alice.client.get(f"/api/rooms/{room}/log", {"since": since})
            assert_documented(answer)
            body = answer.json()
            assert body["meta"] == {"seq": 5, "has_more": False, "reset": expected is None}
            assert [entry["seq"] for entry in body["data"]] == (expected or [])
        assert say(alice, room)["seq"] == 6

    def test_of_everything_keeps_the_count(self, alice: Person, room: uuid.UUID, settings: Any):
        settings.ROOM_LOG_DAYS = 2
        say(alice, room)
        age(room, 3)
        trim_room_log()
        assert log_of(room) == []
        assert get(alice, f"/api/rooms/{room}/log")["meta"] == {"seq": 1, "has_more": False, "reset": True}
        assert say(alice, room)["seq"] == 2

    def test_half_way_never_shows_a_hole(self, alice: Person, room: uuid.UUID):
        for n in range(4):
            say(alice, room, str(n))
        RoomLogEntry.objects.filter(room_id=room, seq=2).delete()
        for since, reset in ((0, True), (1, True), (2, False)):
            assert get(alice, f"/api/rooms/{room}/log", since=since)["meta"]["reset"] is reset
        assert get(alice, f"/api/rooms/{room}/log", since=0, limit=1)["meta"]["reset"] is True


class TestWrittenPastTheService:
    def test_history_is_never_told(self, alice: Person, room: uuid.UUID):
        write(room, alice)
        sweep_room_log()
        before = timezone.now() - timedelta(hours=1)
        write(room, alice, created_at=before, updated_at=before)
        sweep_room_log()
        assert log_of(room) == []
        assert LogSweep.objects.count() == 1

    def test_new_messages_get_their_numbers_in_the_order_of_their_times(self, alice: Person, bob: Person):
        room, other = make_room(alice, bob), make_room(bob)
        assert sweep() == 0
        sent = uuid.UUID(say(alice, room)["id"])
        now = timezone.now()
        late, early = (write(room, bob, created_at=now + timedelta(seconds=n)) for n in (2, 1))
        elsewhere = write(other, bob)
        # A clock that is slow, and one that is fast.
        LogSweep.objects.update(began_at=now - timedelta(days=9))
        slow = write(room, bob, created_at=now - timedelta(hours=20), updated_at=now - timedelta(hours=20))
        fast = write(other, bob, created_at=now + timedelta(hours=20), updated_at=now + timedelta(hours=20))
        for n in (-30, 30):
            write(room, bob, created_at=now + timedelta(hours=n), updated_at=now + timedelta(hours=n))

        assert sweep() == 2
        assert log_of(room) == [(n, "message.created", i) for n, i in enumerate((sent, slow.id, early.id, late.id), 1)]
        assert log_of(other) == [(n, "message.created", i) for n, i in enumerate((elsewhere.id, fast.id), 1)]
        assert sweep() == 0
        assert say(alice, room)["seq"] == 5

    def test_changes_are_seen_by_their_time_and_deletions_by_what_is_missing(self, alice: Person, room: uuid.UUID):
        old = write(room, alice)
        sweep()
        new, kept = (uuid.UUID(say(alice, room)["id"]) for _ in range(2))
        for message_id in (old.id, new):
            Message.objects.filter(id=message_id).update(content="x", updated_at=timezone.now())
        assert sweep() == 1
        assert set(log_of(room)[2:]) == {(n, "message.updated", i) for n, i in ((3, old.id), (4, new))}
        Message.objects.filter(id__in=[old.id, new]).delete()
        assert sweep() == 1
        assert {entry[1:] for entry in log_of(room)[4:]} == {("message.deleted", old.id), ("message.deleted", new)}
        Message.objects.filter(id=kept).update(content="without its time")
        assert sweep() == 0
        assert [entry["type"] for entry in get(alice, f"/api/rooms/{room}/log")["data"]].count("message.created") == 1

    def test_what_the_service_writes_is_left_alone(self, alice: Person, bob: Person, room: uuid.UUID):
        sweep()
        message = say(alice, room)["id"]
        alice.client.put(f"/api/rooms/{room}/messages/{message}", {"content": "y"})
        gone = say(bob, room)["id"]
        bob.client.delete(f"/api/rooms/{room}/messages/{gone}")
        RoomPosition.objects.filter(room_id=room).update(at=timezone.now() + timedelta(hours=1))
        ahead = say(alice, room)["id"]
        alice.client.put(f"/api/rooms/{room}/messages/{ahead}", {"content": "y"})
        before = log_of(room)
        assert sweep() == 0
        assert log_of(room) == before

    def test_nothing_trimmed_comes_back(self, alice: Person, room: uuid.UUID):
        sweep()
        say(alice, room)
        month = timezone.now() - timedelta(days=31)
        LogSweep.objects.update(began_at=month - timedelta(days=9), swept_to=month)
        Message.objects.update(created_at=month, updated_at=month)
        age(room, 31)
        trim_room_log()
        assert sweep() == 0
        assert log_of(room) == []

    def test_more_rooms_than_one_transaction_takes(self, alice: Person):
        sweep()
        rooms = [make_room(alice) for _ in range(60)]
        for room in rooms:
            write(room, alice)
        assert sweep() == 60
        assert RoomLogEntry.objects.count() == 60


def test_what_lost_its_room_or_its_place_is_removed(alice: Person, bob: Person):
    gone, kept = make_room(alice, bob), make_room(alice, bob)
    for room in (gone, kept):
        message = say(alice, room)["id"]
        for person in (alice, bob):
            person.client.put(f"/api/rooms/{room}/read", {"message_id": message})
    Room.objects.filter(id=gone).delete()
    RoomParticipant.objects.filter(room_id=kept, user_id=bob.user_id).delete()
    sweep_orphans()
    for model in (RoomPosition, RoomLogEntry, ReadMark):
        assert list(model.objects.values_list("room_id", flat=True)) == [kept], model
    assert ReadMark.objects.get().user_id == alice.user_id


def test_many_entries_at_once_are_as_ordered_as_single_ones(alice: Person, room: uuid.UUID):
    ids = [uuid.uuid4() for _ in range(100)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    turn = RoomTurn.take(room)
    entries = turn.append_all("message.created", ids, by=alice.user_id)  # type: ignore[arg-type]
    assert [(entry.seq, entry.subject_id) for entry in entries] == list(enumerate(ids, 1))
    assert all(one.at < other.at for one, other in itertools.pairwise(entries))
    assert RoomPosition.objects.get(room_id=room).at == entries[-1].at
