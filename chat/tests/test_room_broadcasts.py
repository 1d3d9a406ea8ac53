"""What sockets are sent when something happens in a room: the log as it happens, and news of rooms (docs/live.md)."""

import uuid
from typing import Any

import pytest
from django.db import connection

from accounts.realtime import user_group
from chat.models import Message, Room
from chat.realtime import room_group
from chat.services import room_log_sweep
from chat.tests.broadcasts import Frame, heard
from chat.tests.rooms import body_of, get, say
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)


def without_links(value: Any) -> Any:
    """Broadcasts do not know the host that a client came by."""
    if isinstance(value, dict):
        return {key: without_links(item) for key, item in value.items() if key != "links"}
    return [without_links(item) for item in value] if isinstance(value, list) else value


def types(frames: list[Frame]) -> list[str]:
    return [frame["type"] for frame in frames]


def test_the_log_is_told_as_it_will_be_replayed(alice: Person, bob: Person, charlie: Person):
    room = make_room(alice, bob, metadata={"n": 1})
    url = f"/api/rooms/{room}"

    def act() -> None:
        message = say(alice, room, "hello")["id"]
        body_of(bob.client.put(f"{url}", {"name": "Go"}))
        body_of(alice.client.post(f"{url}/participants", {"user_id": str(charlie.user_id)}), 201)
        say(charlie, room, "hi")
        body_of(bob.client.delete(f"{url}/participants/{bob.user_id}"))
        body_of(alice.client.put(f"{url}/messages/{message}", {"content": "hello!"}))

    told, to_bob, to_charlie = heard(act, room_group(room), user_group(bob.user_id), user_group(charlie.user_id))

    assert [frame["seq"] for frame in told] == [1, 2, 3, 4, 5, 6]
    replayed = get(alice, f"{url}/log")["data"]
    # A replay shows message and room as they are now.
    assert told[0]["message"]["content"] == "hello"
    told[0]["message"] = told[-1]["message"]
    told[1]["room"]["updated_at"] = replayed[1]["room"]["updated_at"]
    assert without_links(told) == without_links(replayed)
    assert told[0]["message"]["links"]["self"].startswith("/api/rooms/")
    assert told[1]["room"]["metadata"] == {"n": 1}
    assert told[2]["user"]["name"] == "Charlie"
    assert to_bob == [{"type": "room.removed", "room_id": str(room)}]
    assert (types(to_charlie), to_charlie[0]["room"]["name"]) == (["room.added"], "Go")


def test_nothing_is_told_of_what_was_refused_or_repeated(alice: Person, bob: Person, charlie: Person):
    room = make_room(alice, bob)
    message = say(alice, room, **{"Idempotency-Key": "k"})["id"]
    url = f"/api/rooms/{room}"

    def act() -> None:
        say(alice, room, **{"Idempotency-Key": "k"})
        for answer in (
            charlie.client.post(f"{url}/messages", {"content": "x"}),
            bob.client.delete(f"{url}/messages/{message}"),
            bob.client.delete(f"{url}/participants/{alice.user_id}"),
            bob.client.put(url, {}),
            bob.client.get(url),
        ):
            assert answer.status_code in {200, 403}

    assert heard(act, room_group(room), user_group(alice.user_id)) == [[], []]


def test_members_hear_of_rooms_that_come_and_go(alice: Person, bob: Person):
    ids: list[str] = []

    def act() -> None:
        body = {"name": "Chess", "participant_ids": [str(bob.user_id)]}
        for _ in range(2):
            answer = alice.client.post("/api/rooms", body, headers={"Idempotency-Key": "k"})
            ids.append(body_of(answer, 201)["data"]["id"])
        assert alice.client.delete(f"/api/rooms/{ids[0]}").status_code == 204

    for frames in heard(act, user_group(alice.user_id), user_group(bob.user_id)):
        assert types(frames) == ["room.added", "room.removed"]
        assert (frames[0]["room"]["name"], {frame["room_id"] for frame in frames}) == ("Chess", {ids[0]})

    room = make_room(alice)
    told, mine = heard(
        lambda: alice.client.delete(f"/api/rooms/{room}/participants/{alice.user_id}"),
        room_group(room),
        user_group(alice.user_id),
    )
    assert (told, types(mine)) == ([{"type": "room.deleted", "room_id": str(room)}], ["room.removed"])


def test_reading_is_told_once_for_each_step_forwards(alice: Person, bob: Person):
    room = make_room(alice, bob)
    first, second = (say(bob, room)["id"] for _ in range(2))

    def act() -> None:
        for message in (first, first, second, first):
            body_of(alice.client.put(f"/api/rooms/{room}/read", {"message_id": message}))

    (told,) = heard(act, room_group(room))
    frame = {"type": "read", "room_id": str(room), "user_id": str(alice.user_id)}
    assert told == [{**frame, "message_id": first}, {**frame, "message_id": second}]


def test_a_removal_of_staff_and_an_erasure_reach_the_room(alice: Person, bob: Person, mod: Person):
    room = make_room(alice, bob, mod)
    message = say(alice, room)["id"]
    say(bob, room)

    def act() -> None:
        assert mod.client.delete(f"/api/rooms/{room}/messages/{message}").status_code == 204
        assert bob.client.delete("/api/me").status_code == 204

    (told,) = heard(act, room_group(room))
    assert [(frame["type"], frame["seq"]) for frame in told] == [("message.deleted", 3), ("participant.removed", 5)]
    assert (told[0]["message_id"], told[0]["by"]) == (message, str(mod.user_id))
    assert told[1]["user_id"] == str(bob.user_id)


def test_what_other_clients_wrote_is_told_by_the_sweep(alice: Person, bob: Person):
    room, busy = make_room(alice, bob), make_room(alice)
    assert room_log_sweep() == 0
    one = Message.objects.create(room_id=room, user_id=bob.user_id, content="past the service")
    Message.objects.bulk_create(Message(room_id=busy, user_id=alice.user_id, content=str(n)) for n in range(30))

    def act() -> None:
        while room_log_sweep():
            pass

    told, of_many = heard(act, room_group(room), room_group(busy))
    assert (types(told), told[0]["seq"], told[0]["message"]["id"]) == (["message.created"], 1, str(one.id))
    assert told[0]["message"]["user"]["name"] == "Bob"
    assert [frame["seq"] for frame in of_many] == [30], "of many the last is told, and sockets fetch the others"
    Message.objects.filter(id=one.id).delete()
    (told,) = heard(act, room_group(room))
    assert [(frame["type"], frame["seq"], frame["message_id"]) for frame in told] == [
        ("message.deleted", 2, str(one.id))
    ]


def test_metadata_that_the_channel_layer_cannot_carry_is_left_to_rest(alice: Person):
    room = make_room(alice)
    for number in ("9" * 6_000, "9" * 30, "1e400"):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE rooms SET metadata = jsonb_build_object('n', %s::numeric)", [number])
        (told,) = heard(lambda: alice.client.put(f"/api/rooms/{room}", {"name": "Go"}), room_group(room))
        assert (types(told), told[0]["room"]["metadata"]) == (["room.updated"], None)
    assert Room.objects.filter(id=uuid.UUID(str(room)), name="Go").exists()
