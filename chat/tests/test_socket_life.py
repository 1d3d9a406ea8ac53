"""An open socket's life: its token's end, what reaches it, and what it holds of the database and of Redis."""

import asyncio
import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from asgiref.sync import SyncToAsync
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.models import AuthUser, UserProfile
from accounts.realtime import user_group
from chat.tests.sockets import Socket, opened, seconds_from_now, socket_for, story
from lifestring.dispatch import broadcast_on_commit
from lifestring.testing.people import Person, make_token
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)
LEEWAY = 10


@pytest.fixture(autouse=True)
def made_up_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is broadcast here is nothing the product sends: it goes through all the same."""
    made_up = {"note", "done", "undone", "too.late", "for.alice", "for.charlie", "string.liked"}
    monkeypatch.setattr(Socket, "made_up", frozenset(made_up))


def in_thread(function: Any) -> Any:
    """Use the ORM from an async test."""
    return database_sync_to_async(function, thread_sensitive=False)


@in_thread
def broadcast(person: Person, frame: dict[str, Any], *, fail: bool = False) -> None:
    """Send a frame to all of a person's sockets, as a service would."""
    try:
        with transaction.atomic():
            broadcast_on_commit(user_group(person.user_id), frame)
            if fail:
                raise InterruptedError
    except InterruptedError:
        pass


# --- the token's end ---


@story
async def test_it_warns_a_minute_ahead(alice: Person) -> None:
    expires_at = seconds_from_now(62)
    async with opened(alice, exp=expires_at) as socket:
        assert await socket.receive_nothing(timeout=0.05)
        warning = await socket.frame(timeout=3)
        assert 0 <= time.time() - (expires_at - 60) < 2
        assert set(warning) == {"type", "expires_at"}
        assert warning["type"] == "auth.expiring"
        assert warning["expires_at"].endswith("Z")


@story
async def test_the_newest_token_decides_when_it_closes(alice: Person) -> None:
    ends = seconds_from_now(2)
    short, long = make_token(alice.user_id, exp=ends - LEEWAY), make_token(alice.user_id)
    async with (
        opened(alice, exp=ends - LEEWAY) as left,
        opened(alice, exp=ends - LEEWAY) as renewed,
        opened(alice) as shortened,
    ):
        assert (await left.frame())["type"] == "auth.expiring"
        assert (await renewed.frame())["type"] == "auth.expiring"
        assert await renewed.ask(type="auth", token=long, ref="n") == {"type": "ok", "ref": "n"}
        assert (await shortened.ask(type="auth", token=short))["type"] == "ok"
        assert (await shortened.frame())["type"] == "auth.expiring"
        assert (await left.ask(type="ping"))["type"] == "pong"

        assert await left.close_code(timeout=4) == 4401
        assert 0 <= time.time() - ends < 2
        assert await shortened.close_code() == 4401
        assert await renewed.receive_nothing()
        assert (await renewed.ask(type="ping"))["type"] == "pong"


@story
async def test_a_refused_token_changes_nothing(alice: Person) -> None:
    refused = [
        (None, "validation_failed"),
        ("", "validation_failed"),
        (["x"], "validation_failed"),
        ("nonsense", "token_invalid"),
        ("x" * 20_000, "token_invalid"),
        (make_token(alice.user_id, exp=1), "token_expired"),
        (make_token(alice.user_id, role="anon"), "api_key_not_allowed"),
        (make_token(alice.user_id, secret="another-secret-that-is-long-enough-for-hs256"), "token_invalid"),
    ]
    async with opened(alice) as socket:
        for token, code in refused:
            answer = await socket.ask(type="auth", token=token, ref="n")
            assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, "n")
            assert ("errors" in answer) is (code == "validation_failed")
        assert (await socket.ask(type="ping"))["type"] == "pong"


@story
async def test_a_socket_stays_with_its_user(alice: Person, charlie: Person) -> None:
    async with opened(alice) as socket:
        answer = await socket.ask(type="auth", token=make_token(charlie.user_id))
        assert (answer["type"], answer["code"]) == ("error", "forbidden")
        await broadcast(charlie, {"type": "for.charlie"})
        await broadcast(alice, {"type": "for.alice"})
        assert (await socket.frame())["type"] == "for.alice"


@pytest.mark.parametrize("change", ["banned", "gone"])
@story
async def test_an_account_that_came_to_its_end_is_closed_at_its_next_token(alice: Person, change: str) -> None:
    @in_thread
    def end() -> None:
        account = AuthUser.objects.filter(id=alice.user_id)
        if change == "banned":
            account.update(banned_until=timezone.now().replace(year=2100))
        else:
            UserProfile.objects.filter(user_id=alice.user_id).delete()
            account.delete()

    async with opened(alice) as socket:
        await end()
        answer = await socket.ask(type="auth", token=make_token(alice.user_id), ref="n")
        assert answer["code"] == {"banned": "user_banned", "gone": "user_not_found"}[change]
        assert await socket.close_code() == 4401


# --- what reaches it ---


@story
async def test_a_broadcast_reaches_every_socket_of_the_person_as_it_is(alice: Person, bob: Person) -> None:
    frame = {"type": "string.liked", "string_id": str(uuid.uuid4()), "text": "né \u2028 👍", "n": [1, 2.5, None, True]}
    async with opened(alice) as one, opened(alice) as other, opened(bob) as bobs:
        await broadcast(alice, frame)
        assert await one.frame() == frame
        assert await other.frame() == frame
        assert await bobs.receive_nothing()


@story
async def test_nothing_is_sent_of_what_was_rolled_back(alice: Person) -> None:
    async with opened(alice) as socket:
        await broadcast(alice, {"type": "undone"}, fail=True)
        await broadcast(alice, {"type": "done"})
        assert (await socket.frame())["type"] == "done"


@story
async def test_a_closing_socket_sends_nothing_more(alice: Person) -> None:
    async with opened(alice) as socket:
        for _ in range(5):
            await socket.send_to(text_data="x")
            await socket.frame()
        assert (await socket.receive_output())["code"] == 4400
        await broadcast(alice, {"type": "too.late"})
        await socket.send_json_to({"type": "ping"})
        assert await socket.receive_nothing()


# --- what it holds ---


@contextlib.contextmanager
def shared_thread_busy() -> Iterator[None]:
    """Keep the one thread busy that thread-sensitive calls of all sockets would share."""
    release = threading.Event()
    busy = SyncToAsync.single_thread_executor.submit(release.wait, 15)
    try:
        yield
    finally:
        release.set()
        busy.result()


@story
async def test_it_never_waits_for_the_thread_that_all_sockets_would_share(alice: Person) -> None:
    with shared_thread_busy():
        async with opened(alice) as socket:
            assert (await socket.ask(type="auth", token=make_token(alice.user_id)))["type"] == "ok"
            await broadcast(alice, {"type": "note"})
            assert (await socket.frame())["type"] == "note"


@story
async def test_forwarding_and_answering_costs_no_query(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[str] = []
    execute = CursorWrapper.execute

    def counted(cursor: CursorWrapper, sql: Any, params: Any = None) -> Any:
        queries.append(sql)
        return execute(cursor, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", counted)
    layer: Any = get_channel_layer()
    async with opened(alice) as socket:
        assert len(queries) == 1
        for number in range(20):
            note = {"type": "note", "number": number}
            group = user_group(alice.user_id)
            await layer.group_send(group, {"type": "forward", "group": group, "text": json.dumps(note)})
            assert await socket.frame() == note
            assert (await socket.ask(type="ping"))["type"] == "pong"
        assert len(queries) == 1


def taken() -> int:
    """Database connections of this process that are in use."""
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


@story
async def test_open_sockets_hold_no_database_connection(alice: Person) -> None:
    before = taken()
    sockets = [socket_for(make_token(alice.user_id)) for _ in range(30)]
    await asyncio.gather(*(socket.connect(timeout=10) for socket in sockets))
    for socket in sockets:
        assert (await socket.frame())["type"] == "hello"
        assert (await socket.ask(type="auth", token=make_token(alice.user_id)))["type"] == "ok"
    assert taken() == before
    await asyncio.gather(*(socket.disconnect() for socket in sockets))
    assert taken() == before


@story
async def test_one_socket_that_waits_for_the_database_holds_up_no_other(alice: Person, charlie: Person) -> None:
    @in_thread
    def forget_profile() -> dict[str, Any]:
        UserProfile.objects.filter(user_id=charlie.user_id).delete()
        return connection.get_connection_params()

    given = await forget_profile()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: given[name] for name in names if given.get(name)}) as blocking:
        blocking.execute("INSERT INTO public.user_profiles (user_id) VALUES (%s)", [charlie.user_id])
        # Its profile cannot be made before the other transaction ends.
        waiting = socket_for(make_token(charlie.user_id))
        opening = asyncio.create_task(waiting.connect(timeout=10))
        await asyncio.sleep(0.2)
        async with opened(alice) as socket:
            assert (await socket.ask(type="auth", token=make_token(alice.user_id)))["type"] == "ok"
        assert not opening.done()
        blocking.rollback()
        assert (await opening)[0] is True
        await waiting.disconnect()


def groups_of_this_process() -> dict[str, set[str]]:
    layer: Any = get_channel_layer()
    return layer._get_layer().groups


async def leave_by_closing(socket: Socket) -> None:
    await socket.disconnect()


async def leave_by_dying(socket: Socket) -> None:
    """As when the server stops, or gives a connection up."""
    socket.future.cancel()
    await asyncio.wait([socket.future])


@pytest.mark.parametrize("leave", [leave_by_closing, leave_by_dying])
@story
async def test_nothing_stays_behind_when_it_ends(alice: Person, bob: Person, leave: Any) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    async with opened(alice) as stays:
        groups, tasks = {name: set(members) for name, members in groups_of_this_process().items()}, asyncio.all_tasks()
        async with opened(bob) as socket:
            assert (await socket.ask(type="room.join", room_id=str(room_id)))["type"] == "room.joined"
            assert len(groups_of_this_process()) == len(groups) + 2
            await leave(socket)
        assert groups_of_this_process() == groups
        # The room may still be told that he is gone.
        async with asyncio.timeout(2):
            while not asyncio.all_tasks() <= tasks | {stays.future}:
                await asyncio.sleep(0.01)
