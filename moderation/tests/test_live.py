"""What live clients hear when moderators remove something and put it back (docs/live.md, Removed and put back)."""

import uuid

import pytest

from chat.tests.sockets import Socket, in_thread, opened, story
from lifestring.testing.people import Person
from moderation.tests.acts import case_about, remove, restore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def without_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Socket, "ignored", frozenset({"presence"}))


def room_of(alice: Person, bob: Person) -> tuple[uuid.UUID, str]:
    """A room of the two in which alice has said something; returns its id and the message's."""
    body = {"participant_ids": [str(bob.user_id)], "name": "Chess"}
    room = alice.client.post("/api/rooms", body).json()["data"]["id"]
    said = alice.client.post(f"/api/rooms/{room}/messages", {"content": "hello"}).json()["data"]["id"]
    return uuid.UUID(room), said


def test_a_message_goes_and_comes(alice: Person, bob: Person, mod: Person) -> None:
    room, said = room_of(alice, bob)
    case = case_about(bob, "message", said)

    @story
    async def run() -> None:
        async with opened(bob) as socket:
            assert (await socket.ask(type="room.join", room_id=str(room)))["seq"] == 1
            await in_thread(remove)(mod, case)
            gone = await socket.frame()
            assert (gone["type"], gone["message_id"], gone["seq"], gone["by"]) == ("message.deleted", said, 2, None)
            await in_thread(restore)(mod, case)
            back = await socket.frame()
            assert (back["type"], back["message"]["id"], back["seq"]) == ("message.created", said, 3)
            assert (back["message"]["content"], back["message"]["user"]["name"], back["by"]) == ("hello", "Alice", None)
        async with opened(alice) as socket:
            joined = await socket.ask(type="room.join", room_id=str(room), since=0)
            kinds = [event["type"] for event in joined["events"]]
            assert kinds == ["message.created", "message.deleted", "message.created"]
            again = await socket.ask(type="message.send", room_id=str(room), content="hello", id=said)
            assert (again["type"], again["seq"]) == ("ok", 3), "sent again, it is what is there"

    run()


def test_a_room_goes_and_comes(alice: Person, bob: Person, mod: Person) -> None:
    room, _ = room_of(alice, bob)
    case = case_about(bob, "room", room)

    @story
    async def run() -> None:
        async with opened(bob) as socket:
            await socket.ask(type="room.join", room_id=str(room))
            await in_thread(remove)(mod, case)
            assert sorted([(await socket.frame())["type"], (await socket.frame())["type"]]) == [
                "room.deleted",
                "room.removed",
            ]
            await in_thread(restore)(mod, case)
            added = await socket.frame()
            assert (added["type"], added["room"]["name"]) == ("room.added", "Chess")
            joined = await socket.ask(type="room.join", room_id=str(room), since=1)
            assert (joined["seq"], joined["events"]) == (1, [])
            sent = await socket.ask(type="message.send", room_id=str(room), content="back")
            frames = {sent["type"], (await socket.frame())["type"]}
            assert frames == {"ok", "message.created"}

    run()
