"""Rooms on the socket: every frame, its answer, and what the others get (docs/live.md, Client to server)."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Suspension
from chat import services
from chat.models import Message, RoomParticipant
from chat.tests.rooms import log_of, say
from chat.tests.sockets import Socket, calm_log, in_thread, opened, story
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["calm_log"]
NOWHERE = "00000000-0000-4000-8000-000000000000"


@contextlib.asynccontextmanager
async def in_room(*people: Person) -> AsyncIterator[tuple[str, list[Socket]]]:
    """A new room, and sockets of these people, who are in it and have joined it."""
    room_id = str(await in_thread(make_room)(*people))
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened(person)) for person in people]
        for socket in sockets:
            socket.ignored = frozenset({"presence"})
            await joined(socket, room_id)
        yield room_id, sockets


async def joined(socket: Socket, room_id: str, **more: Any) -> dict[str, Any]:
    answer = await socket.ask(type="room.join", room_id=room_id, **more)
    assert answer["type"] == "room.joined", answer
    return answer


def presence(room_id: str, person: Person, *, online: bool) -> dict[str, Any]:
    return {"type": "presence", "room_id": room_id, "user_id": str(person.user_id), "online": online}


async def quiet(*sockets: Socket) -> None:
    for socket in sockets:
        await socket.quiet()


@story
async def test_joining_shows_the_room_and_who_is_there(alice: Person, bob: Person) -> None:
    room_id = str(await in_thread(make_room)(alice, bob))
    await in_thread(say)(bob, room_id, "first")
    await in_thread(say)(alice, room_id, "second")
    async with opened(alice) as alices, opened(bob) as bobs:
        answer = await joined(alices, room_id, ref="j")
        assert list(answer) == ["type", "ref", "room_id", "online", "room", "participants", "seq", "reset", "messages",
                                "has_more"]  # fmt: skip
        assert (answer["ref"], answer["room_id"], answer["seq"]) == ("j", room_id, 2)
        assert (answer["room"]["name"], answer["room"]["unread_count"]) == ("Chess", 1)
        assert {person["name"] for person in answer["participants"]} == {"Alice", "Bob"}
        assert [message["content"] for message in answer["messages"]] == ["second", "first"]
        assert answer["messages"][1]["user"]["name"] == "Bob"
        assert (answer["reset"], answer["has_more"]) == (True, False)
        await quiet(bobs)
        bobs.ignored = frozenset({"presence"})
        await joined(bobs, room_id)
        assert await alices.frame() == presence(room_id, bob, online=True)
        again = await joined(alices, room_id, since=1, limit=1)
        assert again["online"] == sorted([str(alice.user_id), str(bob.user_id)])
        assert [(event["seq"], event["type"]) for event in again["events"]] == [(2, "message.created")]
        assert "reset" not in again
        await quiet(alices, bobs)
        assert await bobs.ask(type="room.leave", room_id=room_id, ref="l") == {"type": "ok", "ref": "l"}
        assert await alices.frame() == presence(room_id, bob, online=False)
        await in_thread(say)(alice, room_id)
        assert (await alices.frame())["seq"] == 3
        await quiet(bobs)


@story
async def test_a_message_reaches_everybody_who_joined_once_and_in_order(alice: Person, bob: Person) -> None:
    async with in_room(alice, bob) as (room_id, (alices, bobs)), opened(alice) as elsewhere:
        message_id = str(uuid.uuid4())
        sent = {"type": "message.send", "room_id": room_id, "content": "né \u2028 👍", "id": message_id, "ref": "s"}
        answers = [await alices.ask(**sent), await alices.frame()]
        answer = next(frame for frame in answers if frame["type"] == "ok")
        event = next(frame for frame in answers if frame["type"] == "message.created")
        assert (answer["ref"], answer["seq"], answer["message"]["content"]) == ("s", 1, "né \u2028 👍")
        assert answer["message"] == event["message"]
        assert (event["room_id"], event["seq"], event["by"]) == (room_id, 1, str(alice.user_id))
        assert await bobs.frame() == event
        # The same id again: the same answer, and nobody hears of it.
        assert await alices.ask(**sent) == answer
        # Over REST, and as REST shows it.
        shown = await in_thread(say)(bob, room_id, "over REST")
        for socket in (alices, bobs):
            frame = await socket.frame()
            assert (frame["seq"], frame["message"]["id"]) == (shown["seq"], shown["id"])
        await quiet(alices, bobs, elsewhere)
    assert await in_thread(Message.objects.filter(room_id=room_id).count)() == 2


@story
async def test_editing_and_deleting_reach_everybody(alice: Person, bob: Person, mod: Person) -> None:
    async with in_room(alice, bob, mod) as (room_id, sockets):
        alices, bobs, mods = sockets
        message_id = (await in_thread(say)(alice, room_id))["id"]
        for socket in sockets:
            await socket.frame()
        refused = await bobs.ask(type="message.edit", room_id=room_id, id=message_id, content="mine now")
        assert (refused["type"], refused["code"]) == ("error", "forbidden")
        assert (await bobs.ask(type="message.delete", room_id=room_id, id=message_id))["code"] == "forbidden"
        await alices.send_json_to({"type": "message.edit", "room_id": room_id, "id": message_id, "content": "better"})
        told = [await socket.frame() for socket in (bobs, mods)]
        assert [frame["message"]["content"] for frame in told] == ["better"] * 2
        assert {"type": "ok", "ref": None, "seq": 2} in [await alices.frame(), await alices.frame()]
        await mods.send_json_to({"type": "message.delete", "room_id": room_id, "id": message_id, "ref": "d"})
        for socket in (alices, bobs):
            frame = await socket.frame()
            assert (frame["type"], frame["message_id"], frame["seq"]) == ("message.deleted", message_id, 3)
        assert {"type": "ok", "ref": "d", "seq": 3} in [await mods.frame(), await mods.frame()]
        gone = await alices.ask(type="message.edit", room_id=room_id, id=message_id, content="back")
        assert gone["code"] == "not_found"


@story
async def test_history_goes_back_page_by_page(alice: Person, charlie: Person) -> None:
    room_id = str(await in_thread(make_room)(alice))
    sent = [(await in_thread(say)(alice, room_id, str(number)))["id"] for number in range(5)]
    async with opened(alice) as socket, opened(charlie) as stranger:
        page = await socket.ask(type="history", room_id=room_id, before=sent[4], limit=2, ref="h")
        assert list(page) == ["type", "ref", "room_id", "messages", "has_more"]
        assert (page["type"], page["ref"], page["has_more"]) == ("history", "h", True)
        assert [message["content"] for message in page["messages"]] == ["3", "2"]
        page = await socket.ask(type="history", room_id=room_id, before=sent[2])
        assert ([message["content"] for message in page["messages"]], page["has_more"]) == (["1", "0"], False)
        unknown = await socket.ask(type="history", room_id=room_id, before=NOWHERE)
        assert (unknown["code"], list(unknown["errors"])) == ("validation_failed", ["before"])
        assert (await stranger.ask(type="history", room_id=room_id, before=sent[2]))["code"] == "not_a_member"


@story
async def test_reading_counts_down_and_is_told(alice: Person, bob: Person) -> None:
    async with in_room(alice, bob) as (room_id, (alices, bobs)):
        sent = [(await in_thread(say)(bob, room_id, str(number)))["id"] for number in range(3)]
        for _ in sent:
            await alices.frame()
            await bobs.frame()
        await alices.send_json_to({"type": "read", "room_id": room_id, "message_id": sent[1], "ref": "r"})
        assert {"type": "ok", "ref": "r", "unread_count": 1} in [await alices.frame(), await alices.frame()]
        mark = {"type": "read", "room_id": room_id, "user_id": str(alice.user_id), "message_id": sent[1]}
        assert await bobs.frame() == mark
        # A device that is behind changes nothing and is not told of.
        answer = await alices.ask(type="read", room_id=room_id, message_id=sent[0])
        assert answer == {"type": "ok", "ref": None, "unread_count": 1}
        await quiet(bobs)


@story
async def test_typing_is_passed_on_and_ends(alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.feeds.TYPING_SECONDS", 0.2)
    async with in_room(alice, bob) as (room_id, (alices, bobs)), opened(alice) as elsewhere:
        elsewhere.ignored = frozenset({"presence"})
        await joined(elsewhere, room_id)
        note = {"type": "typing", "room_id": room_id, "user_id": str(alice.user_id)}
        await alices.send_json_to({"type": "typing", "room_id": room_id, "active": True})
        assert await bobs.frame() == {**note, "active": True}
        await alices.send_json_to({"type": "typing", "room_id": room_id, "active": False})
        assert await bobs.frame() == {**note, "active": False}
        await alices.send_json_to({"type": "typing", "room_id": room_id, "active": True})
        assert await bobs.frame() == {**note, "active": True}
        assert await bobs.frame() == {**note, "active": False}
        await quiet(alices, elsewhere)
        assert (await alices.ask(type="typing", room_id=room_id, active="yes"))["errors"].keys() == {"active"}
        await elsewhere.ask(type="room.leave", room_id=room_id)
        assert (await elsewhere.ask(type="typing", room_id=room_id, active=True))["code"] == "conflict"


@story
async def test_somebody_is_online_from_their_first_socket_to_their_last(alice: Person, bob: Person) -> None:
    async with in_room(alice) as (room_id, (alices,)):
        alices.ignored = frozenset()
        await in_thread(RoomParticipant.objects.create)(room_id=room_id, user_id=bob.user_id)
        async with opened(bob) as one:
            await joined(one, room_id)
            assert await alices.frame() == presence(room_id, bob, online=True)
            async with opened(bob) as other:
                await joined(other, room_id)
                await joined(other, room_id)
                assert (await joined(alices, room_id))["online"] == sorted([str(alice.user_id), str(bob.user_id)])
            await quiet(alices)
        assert await alices.frame() == presence(room_id, bob, online=False)
        assert (await joined(alices, room_id))["online"] == [str(alice.user_id)]


FOREIGN = [
    {"type": "room.join"},
    {"type": "message.send", "content": "hello"},
    {"type": "message.edit", "id": NOWHERE, "content": "hello"},
    {"type": "message.delete", "id": NOWHERE},
    {"type": "typing", "active": True},
    {"type": "read", "message_id": NOWHERE},
    {"type": "history", "before": NOWHERE},
]


@story
async def test_a_room_of_others_stays_closed(alice: Person, charlie: Person, admin: Person) -> None:
    async with in_room(alice) as (room_id, (alices,)), opened(charlie) as stranger, opened(admin) as admins:
        for frame in FOREIGN:
            for socket in (stranger, admins):
                refused = await socket.ask(room_id=room_id, ref="x", **frame)
                assert (refused["type"], refused["code"], refused["ref"]) == ("error", "not_a_member", "x"), frame
            missing = await stranger.ask(room_id=NOWHERE, **frame)
            assert (missing["type"], missing["code"]) == ("error", "not_found"), frame
        assert await stranger.ask(type="room.leave", room_id=room_id) == {"type": "ok", "ref": None}
        await in_thread(say)(alice, room_id)
        assert (await alices.frame())["seq"] == 1
        await quiet(alices, stranger, admins)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": "room.join"}, "room_id"),
    *(({"type": "room.join", "room_id": value}, "room_id") for value in (7, "x", [], {}, True, "a" * 36, NOWHERE * 9)),
    *(({"type": "room.join", "since": value}, "since") for value in (-1, "1", 1.5, True, [], 2**63, 10**30, 9)),
    *(({"type": "room.join", "limit": value}, "limit") for value in (-1, 201, "5", 10**20)),
    *(({"type": "message.send", "content": value}, "content") for value in (None, "", "  \n", [], {}, "x" * 5_001)),
    ({"type": "message.send"}, "content"),
    *(({"type": "message.send", "content": "x", "id": value}, "id") for value in (7, "x", {}, False)),
    ({"type": "message.edit", "content": "x"}, "id"),
    ({"type": "message.delete", "id": "x"}, "id"),
    ({"type": "typing"}, "active"),
    ({"type": "read"}, "message_id"),
    ({"type": "read", "message_id": NOWHERE}, "message_id"),
    ({"type": "history"}, "before"),
]


@story
async def test_a_field_that_is_not_what_it_must_be_is_named(
    alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.frames.BURST", 1000.0)
    async with in_room(alice, bob) as (room_id, (alices, bobs)):
        for frame, field in WRONG:
            refused = await alices.ask(**{"room_id": room_id, **frame} if field != "room_id" else frame)
            assert (refused["type"], refused["code"]) == ("error", "validation_failed"), frame
            assert list(refused["errors"]) == [field], frame
        await quiet(alices, bobs)
    assert await in_thread(log_of)(room_id) == []


@story
async def test_an_id_that_is_taken_is_refused(alice: Person, bob: Person) -> None:
    async with in_room(alice, bob) as (room_id, (alices, bobs)):
        taken = (await in_thread(say)(alice, room_id))["id"]
        for socket in (alices, bobs):
            await socket.frame()
        refused = await bobs.ask(type="message.send", room_id=room_id, id=taken, content="mine")
        assert (refused["code"], list(refused["errors"])) == ("validation_failed", ["id"])


@story
async def test_rooms_come_and_go_without_joining_anything(alice: Person, bob: Person) -> None:
    async with in_room(alice) as (room_id, (alices,)), opened(bob) as bobs:
        await in_thread(services.participant_add)(
            caller=await in_thread(lambda: alice.caller)(), room_id=uuid.UUID(room_id), user_id=bob.user_id
        )
        added = await bobs.frame()
        assert (added["type"], added["room_id"], added["room"]["name"]) == ("room.added", room_id, "Chess")
        event = await alices.frame()
        assert (event["type"], event["user"]["name"], event["seq"]) == ("participant.added", "Bob", 1)
        await joined(bobs, room_id)

        # He leaves, and hears that he did, and nothing after it.
        assert (
            await in_thread(bob.client.delete)(f"/api/rooms/{room_id}/participants/{bob.user_id}")
        ).status_code == 200
        assert {(await bobs.frame())["type"], (await bobs.frame())["type"]} == {"room.removed", "participant.removed"}
        assert (await alices.frame())["type"] == "participant.removed"
        await in_thread(say)(alice, room_id)
        assert (await alices.frame())["seq"] == 3
        await quiet(bobs)

        assert (await in_thread(alice.client.delete)(f"/api/rooms/{room_id}")).status_code == 204
        told = [await alices.frame(), await alices.frame()]
        assert {frame["type"] for frame in told} == {"room.deleted", "room.removed"}
        assert (await alices.ask(type="room.join", room_id=room_id))["code"] == "not_found"


@story
async def test_a_suspended_persons_frames_do_nothing(alice: Person, bob: Person) -> None:
    async with in_room(alice, bob) as (room_id, (alices, _)):
        await in_thread(Suspension.objects.create)(user_id=alice.user_id, until=timezone.now() + timedelta(days=1))
        await alices.send_json_to({"type": "message.send", "room_id": room_id, "content": "hello", "ref": "s"})
        frames = [await alices.frame()]
        if frames[0]["type"] == "error":
            assert (frames[0]["code"], frames[0]["ref"]) == ("suspended", "s")
            frames.append(await alices.frame())
        assert frames[-1] == {"type": "suspended"}
        assert await alices.close_code() == 4403
    assert await in_thread(log_of)(room_id) == []


@story
async def test_a_socket_joins_so_many_rooms_and_no_more(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.handlers.rooms.MAX_ROOMS", 2)
    rooms = [str(await in_thread(make_room)(alice)) for _ in range(3)]
    async with opened(alice) as socket:
        for room_id in rooms[:2]:
            await joined(socket, room_id)
        assert (await socket.ask(type="room.join", room_id=rooms[2]))["code"] == "conflict"
        await joined(socket, rooms[0])
        await socket.ask(type="room.leave", room_id=rooms[0])
        await joined(socket, rooms[2])


@story
async def test_twenty_slow_queries_do_not_queue_up(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    room_id = str(await in_thread(make_room)(alice))
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened(alice)) for _ in range(20)]
        slow = in_thread(lambda *_args: time.sleep(0.1))
        monkeypatch.setattr("chat.handlers.rooms._check_member", slow)
        loop = asyncio.get_running_loop()
        began = loop.time()
        typed = {"type": "typing", "room_id": room_id, "active": True}
        answers = await asyncio.gather(*(socket.ask(**typed) for socket in sockets))
        assert {answer["code"] for answer in answers} == {"conflict"}
        # One after the other it would be two seconds.
        assert loop.time() - began < 1
