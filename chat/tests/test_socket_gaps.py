"""Nothing is lost in silence, and nobody hears more than they may (docs/live.md, Guarantees)."""

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.local_auth.models import AuthSession
from accounts.models import AuthUser, SignedOut, Suspension, UserProfile
from chat import hub as hubs
from chat.hub import Hub
from chat.models import Message, Room, RoomLogEntry, RoomParticipant
from chat.tests.rooms import say
from chat.tests.sockets import Socket, calm_log, in_thread, opened, socket_for, story
from lifestring.testing.people import Person, make_token
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["calm_log"]

Drop = Callable[[dict[str, Any]], bool]


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch) -> list[Drop]:
    """A channel layer that loses what any of these says; nothing at first."""
    drops: list[Drop] = []
    pass_on = Hub._pass_on

    def sometimes(hub: Hub, group: str, text: str) -> None:
        if not any(drop(json.loads(text)) for drop in drops):
            pass_on(hub, group, text)

    monkeypatch.setattr(Hub, "_pass_on", sometimes)
    return drops


@pytest.fixture
def frequent_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "CHECK_SECONDS", 0.1)


@pytest.fixture
def no_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "CHECK_SECONDS", 1000)


@contextlib.asynccontextmanager
async def joined(person: Person, room_id: Any, **more: Any) -> AsyncIterator[tuple[Socket, dict[str, Any]]]:
    async with opened(person) as socket:
        socket.ignored = frozenset({"presence"})
        yield socket, await join(socket, room_id, **more)


async def join(socket: Socket, room_id: Any, **more: Any) -> dict[str, Any]:
    answer = await socket.ask(type="room.join", room_id=str(room_id), **more)
    assert answer["type"] == "room.joined", answer
    return answer


@in_thread
def write(author: Person, room_id: Any, *texts: str) -> list[str]:
    return [say(author, room_id, text)["id"] for text in texts]


def told(frame: dict[str, Any]) -> tuple[int, str, str | None]:
    return frame["seq"], frame["type"], frame["message"]["content"] if "message" in frame else None


async def heard(socket: Socket, count: int) -> list[tuple[int, str, str | None]]:
    return [told(await socket.frame()) for _ in range(count)]


@story
async def test_lost_frames_are_filled_when_the_next_one_comes(
    alice: Person, bob: Person, lossy: list[Drop], no_checks: None
) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    lossy.append(lambda frame: frame.get("seq") in {1, 2, 4})
    async with joined(alice, room_id) as (alices, _), joined(bob, room_id) as (bobs, _):
        await write(alice, room_id, "one", "two", "three", "four")
        # The fourth is lost as well, and nothing comes after it yet.
        for socket in (alices, bobs):
            assert [text for _, _, text in await heard(socket, 3)] == ["one", "two", "three"]
            await socket.quiet(0.1)
        await write(bob, room_id, "five")
        for socket in (alices, bobs):
            assert await heard(socket, 2) == [(4, "message.created", "four"), (5, "message.created", "five")]


@story
async def test_what_is_lost_without_a_successor_is_found_by_the_check(
    alice: Person, bob: Person, lossy: list[Drop], frequent_checks: None
) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    lossy.append(lambda frame: "seq" in frame)
    async with joined(alice, room_id) as (socket, _):
        first, second = await write(bob, room_id, "first", "second")
        assert await heard(socket, 2) == [(1, "message.created", "first"), (2, "message.created", "second")]
        await in_thread(bob.client.put)(f"/api/rooms/{room_id}/messages/{first}", {"content": "better"})
        await in_thread(bob.client.delete)(f"/api/rooms/{room_id}/messages/{second}")
        assert await heard(socket, 2) == [(3, "message.updated", "better"), (4, "message.deleted", None)]


@story
async def test_one_query_checks_however_many_rooms_and_sockets(
    alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, no_checks: None
) -> None:
    rooms = [await in_thread(make_room)(alice, bob) for _ in range(10)]
    queries: list[str] = []
    execute = CursorWrapper.execute

    def counted(cursor: CursorWrapper, sql: Any, params: Any = None) -> Any:
        queries.append(sql)
        return execute(cursor, sql, params)

    async with contextlib.AsyncExitStack() as stack:
        people = [alice, bob] * 4
        sockets = [await stack.enter_async_context(opened(person)) for person in people]
        for socket in sockets:
            socket.ignored = frozenset({"presence"})
            for room_id in rooms:
                await join(socket, room_id)
        ((hub, lent),) = hubs._hubs.values()
        assert (lent, len(hub.feeds)) == (8, 10)
        monkeypatch.setattr(CursorWrapper, "execute", counted)
        await hub.check()
        assert len(queries) == 1


@story
async def test_coming_back_with_the_last_number_shows_what_happened_since(alice: Person, bob: Person) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    async with joined(alice, room_id):
        _stays, changes, goes = await write(bob, room_id, "stays", "changes", "goes")
    await in_thread(bob.client.put)(f"/api/rooms/{room_id}/messages/{changes}", {"content": "changed"})
    await in_thread(bob.client.delete)(f"/api/rooms/{room_id}/messages/{goes}")
    await write(bob, room_id, "new")
    async with joined(alice, room_id, since=1) as (socket, answer):
        # Messages as they are now: of the deleted one there is only its end.
        assert [told(event) for event in answer["events"]] == [
            (2, "message.created", "changed"),
            (3, "message.deleted", None),
            (4, "message.updated", "changed"),
            (5, "message.deleted", None),
            (6, "message.created", "new"),
        ]
        assert (answer["seq"], answer["has_more"], "reset" in answer) == (6, False, False)
        await write(bob, room_id, "live")
        assert await heard(socket, 1) == [(7, "message.created", "live")]
        assert [(await join(socket, room_id, since=7))[name] for name in ("events", "seq")] == [[], 7]


@story
async def test_a_long_log_comes_in_parts_and_only_the_last_one_joins(alice: Person, bob: Person) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    await write(bob, room_id, *map(str, range(1, 6)))
    async with joined(alice, room_id, since=0, limit=2) as (socket, first):
        answer = first
        assert ([event["seq"] for event in answer["events"]], answer["seq"], answer["has_more"]) == ([1, 2], 2, True)
        await write(bob, room_id, "6")
        await socket.quiet()
        answer = await join(socket, room_id, since=answer["seq"], limit=3)
        assert ([event["seq"] for event in answer["events"]], answer["has_more"]) == ([3, 4, 5], True)
        answer = await join(socket, room_id, since=answer["seq"], limit=1)
        assert ([event["seq"] for event in answer["events"]], answer["has_more"]) == ([6], False)
        await write(bob, room_id, "7")
        assert await heard(socket, 1) == [(7, "message.created", "7")]


@story
async def test_a_number_older_than_the_log_starts_over(
    alice: Person, bob: Person, lossy: list[Drop], frequent_checks: None
) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    await write(bob, room_id, *map(str, range(1, 6)))
    await in_thread(RoomLogEntry.objects.filter(room_id=room_id, seq__lte=3).delete)()
    async with joined(alice, room_id, since=2, limit=2) as (socket, answer):
        assert (answer["reset"], answer["seq"], answer["has_more"], "events" in answer) == (True, 5, True, False)
        assert [message["content"] for message in answer["messages"]] == ["5", "4"]
        assert [event["seq"] for event in (await join(socket, room_id, since=3))["events"]] == [4, 5]
        # What is lost and trimmed before it is noticed cannot be filled.
        lossy.append(lambda frame: "seq" in frame)
        hub = next(iter(hubs._hubs.values()))[0]
        feed = hub.feeds[room_id]
        feed.seq = 2
        assert await socket.close_code() == 4410


@pytest.mark.parametrize("how", ["by us", "behind our back"])
@story
async def test_who_is_out_of_the_room_hears_nothing_more(
    alice: Person, bob: Person, lossy: list[Drop], frequent_checks: None, how: str
) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    # All that would tell of it is lost, but for what the check finds.
    lossy.append(lambda frame: "removed" in frame["type"])
    async with joined(alice, room_id) as (alices, _), joined(bob, room_id) as (bobs, _):
        if how == "by us":
            await in_thread(bob.client.delete)(f"/api/rooms/{room_id}/participants/{bob.user_id}")
            first = await bobs.frame()
            # Whichever finds out first.
            assert first["type"] in {"participant.removed", "room.removed"}
            assert (await alices.frame())["type"] == "participant.removed"
        else:
            await in_thread(RoomParticipant.objects.filter(room_id=room_id, user_id=bob.user_id).delete)()
            assert await bobs.frame() == {"type": "room.removed", "room_id": str(room_id)}
        await write(alice, room_id, "secret")
        assert (await alices.frame())["message"]["content"] == "secret"
        await bobs.quiet(0.2)
        assert (await bobs.ask(type="room.join", room_id=str(room_id)))["code"] == "not_a_member"


@story
async def test_a_removal_that_is_lost_lets_nothing_newer_through(
    alice: Person, bob: Person, lossy: list[Drop], no_checks: None
) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    lossy.append(lambda frame: "removed" in frame["type"])
    async with joined(alice, room_id) as (alices, _), joined(bob, room_id) as (bobs, _):
        await in_thread(bob.client.delete)(f"/api/rooms/{room_id}/participants/{bob.user_id}")
        await write(alice, room_id, "secret")
        assert [kind for _, kind, _ in await heard(alices, 2)] == ["participant.removed", "message.created"]
        assert (await bobs.frame())["type"] == "participant.removed"
        await bobs.quiet()


@story
async def test_who_comes_back_into_the_room_stays(
    alice: Person, mod: Person, lossy: list[Drop], frequent_checks: None
) -> None:
    room_id = await in_thread(make_room)(alice, mod)
    # What she hears of it beside the room's log may come before or after she has joined.
    lossy.append(lambda frame: frame["type"] in {"room.added", "room.removed"})
    async with joined(mod, room_id) as (mods, _):
        for _ in range(3):
            await in_thread(mod.client.delete)(f"/api/rooms/{room_id}/participants/{alice.user_id}")
            added = {"user_id": str(alice.user_id)}
            await in_thread(mod.client.post)(f"/api/rooms/{room_id}/participants", added, "json")
            async with joined(alice, room_id) as (alices, _):
                await write(mod, room_id, "welcome")
                assert told(await alices.frame())[2] == "welcome"
        assert [seq for seq, _, _ in await heard(mods, 9)] == list(range(1, 10))


@story
async def test_a_room_that_vanishes_is_over(alice: Person, frequent_checks: None) -> None:
    room_id = await in_thread(make_room)(alice)
    async with joined(alice, room_id) as (socket, _):
        await in_thread(Room.objects.filter(id=room_id).delete)()
        assert await socket.frame() == {"type": "room.deleted", "room_id": str(room_id)}
        await socket.quiet(0.2)
        ((hub, _),) = hubs._hubs.values()
        assert hub.feeds == {}


@pytest.mark.parametrize("what", ["suspended", "banned", "signed out", "deleted", "erased", "account gone"])
@story
async def test_an_account_that_may_not_listen_is_closed_in_time(alice: Person, bob: Person, what: str) -> None:
    @in_thread
    def end() -> None:
        if what == "suspended":
            Suspension.objects.create(user_id=bob.user_id, until=timezone.now() + timedelta(hours=1))
        elif what == "banned":
            AuthUser.objects.filter(id=bob.user_id).update(banned_until=timezone.now() + timedelta(hours=1))
        elif what == "deleted":
            AuthUser.objects.filter(id=bob.user_id).update(deleted_at=timezone.now())
        elif what == "signed out":
            SignedOut.objects.create(user_id=bob.user_id, at=timezone.now())
        else:
            UserProfile.objects.filter(user_id=bob.user_id).delete()
            if what == "account gone":
                AuthUser.objects.filter(id=bob.user_id).delete()

    room_id = await in_thread(make_room)(alice, bob)
    async with joined(alice, room_id) as (alices, _), joined(bob, room_id) as (bobs, _):
        # One that is over already changes nothing.
        await in_thread(Suspension.objects.create)(user_id=alice.user_id, until=timezone.now() - timedelta(hours=1))
        await end()
        kinds = []
        while (output := await bobs.receive_output(2))["type"] == "websocket.send":
            kinds.append(json.loads(output["text"])["type"])
        assert output["code"] == (4403 if what == "suspended" else 4401)
        # Their place went with the profile.
        expected = {"suspended": ["suspended"], "banned": [], "signed out": [], "deleted": []}.get(
            what, ["room.removed"]
        )
        assert [kind for kind in kinds if kind != "presence"] == expected
        await write(alice, room_id, "still here")
        assert (await alices.frame())["message"]["content"] == "still here"
    assert await in_thread(Message.objects.filter(room_id=room_id).count)() == 1


@story
async def test_a_session_that_ends_takes_its_sockets_along_and_no_others(alice: Person, frequent_checks: None) -> None:
    sessions = [await in_thread(AuthSession.objects.create)(user_id=alice.user_id) for _ in range(3)]
    tokens = [make_token(alice.user_id, session_id=str(session.id)) for session in sessions]
    sockets = [socket_for(token) for token in tokens]
    for socket in sockets:
        assert (await socket.connect())[0]
        assert (await socket.frame())["type"] == "hello"
    # A renewed token may come from another sign-in.
    await sockets[1].send_json_to({"type": "auth", "token": tokens[2]})
    assert (await sockets[1].frame())["type"] == "ok"
    await in_thread(AuthSession.objects.filter(id__in=[sessions[0].id, sessions[1].id]).delete)()
    assert await sockets[0].close_code() == 4401
    for socket in sockets[1:]:
        await socket.send_json_to({"type": "ping"})
        assert (await socket.frame())["type"] == "pong"
        await socket.disconnect()


@story
async def test_a_message_is_delivered_while_others_join_and_leave(alice: Person, bob: Person) -> None:
    """Whoever joins in the middle of a conversation misses nothing between the answer and the first frame."""
    room_id = await in_thread(make_room)(alice, bob)
    numbers = iter(range(1, 1000))

    async def talk(socket: Socket) -> None:
        for _ in range(25):
            await socket.send_json_to(
                {
                    "type": "message.send",
                    "room_id": str(room_id),
                    "id": str(uuid.uuid4()),
                    "content": str(next(numbers)),
                }
            )

    async with joined(alice, room_id) as (speaker, _), opened(bob) as bobs:
        bobs.ignored = frozenset({"presence"})
        await talk(speaker)
        known = None
        for _ in range(8):
            more = {} if known is None else {"since": known}
            await bobs.send_json_to({"type": "room.join", "room_id": str(room_id), **more})
            while (frame := await bobs.frame())["type"] != "room.joined":
                assert frame["seq"] == (known or 0) + 1
                known = frame["seq"]
            if known is not None:
                # Frames that were on their way when it asked again are in the answer as well, or not any more.
                assert [event["seq"] for event in frame["events"]][-1:] in ([], [frame["seq"]])
            known = frame["seq"]
        while known < 25:
            frame = await bobs.frame()
            assert frame["seq"] == known + 1
            known = frame["seq"]
