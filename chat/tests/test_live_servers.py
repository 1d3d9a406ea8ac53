"""Rooms under the real servers: two processes, uvicorn and Daphne, with clients that check what they are told."""

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from websockets.client import ClientProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from chat.models import Message
from chat.outgoing import MAX_CHARACTERS
from chat.realtime import room_group
from chat.tests.rooms import assert_in_order, log_of
from chat.tests.sockets import in_thread, quick_story
from lifestring.dispatch import broadcast_on_commit
from lifestring.testing.live import SUBPROTOCOL, LiveClient, Room
from lifestring.testing.people import Person, make_token
from lifestring.testing.rooms import make_room
from lifestring.testing.web_servers import NAMES, WebServer, running

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.serial,
    pytest.mark.xdist_group("serial"),
]
LONG = "x" * 50_000
# Linux grows the buffer of a connection up to this.
KERNEL_BYTES = 4 * 1024 * 1024
# Later than Daphne would wait for the answer to a close frame by itself.
LATE_SECONDS = 1.5


@pytest.fixture(scope="module")
def started(django_db_setup: None) -> Iterator[dict[str, WebServer]]:
    with running(*NAMES) as servers:
        yield servers


@pytest.fixture
def servers(started: dict[str, WebServer]) -> Iterator[dict[str, WebServer]]:
    """Both processes; no test may make one log an error."""
    before = {name: len(server.said()) for name, server in started.items()}
    yield started
    for name, server in started.items():
        said = server.said()[before[name] :]
        assert " ERROR " not in said, said
        assert "Traceback" not in said, said


def client(server: WebServer, person: Person) -> LiveClient:
    return LiveClient(f"ws://127.0.0.1:{server.port}/ws", make_token(person.user_id))


def sent_by(person: Person, server: WebServer, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {make_token(person.user_id)}", "Content-Type": "application/json"}
    return server.send(method, path, None if body is None else json.dumps(body), headers)


async def all_at(seq: int, *pairs: tuple[LiveClient, Room]) -> None:
    for one, room in pairs:
        await one.until(lambda room=room: room.seq == seq)  # type: ignore[misc]
        assert room.faults == []


@quick_story
async def test_two_processes_are_one_room(servers: dict[str, WebServer], alice: Person, bob: Person) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    uvicorn, daphne = servers.values()
    async with client(uvicorn, alice) as alices, client(daphne, bob) as bobs, client(daphne, alice) as others:
        rooms = [await one.join(room_id) for one in (alices, bobs, others)]
        everybody = list(zip((alices, bobs, others), rooms, strict=True))
        await alices.until(lambda: rooms[0].online == {str(alice.user_id), str(bob.user_id)})
        answers = await asyncio.gather(
            *(one.say(room_id, f"{number}") for number in range(20) for one in (alices, bobs))
        )
        assert sorted(answer["seq"] for answer in answers) == list(range(1, 41))
        posted = await asyncio.to_thread(
            sent_by, bob, uvicorn, "POST", f"/api/rooms/{room_id}/messages", {"content": "over REST"}
        )
        assert posted.json()["data"]["seq"] == 41
        first = answers[0]["message"]["id"]
        assert (await alices.ask(type="message.edit", room_id=room_id, id=first, content="better"))["seq"] == 42
        assert (await alices.ask(type="message.delete", room_id=room_id, id=first))["seq"] == 43
        await all_at(43, *everybody)
        assert rooms[0].entries == rooms[1].entries == rooms[2].entries
        assert rooms[0].messages == rooms[1].messages
        await bobs.ask(type="typing", room_id=room_id, active=None)
    assert await in_thread(assert_in_order)(room_id) == 43
    assert await in_thread(Message.objects.filter(room_id=room_id).count)() == 40
    told = [(seq, kind, str(subject)) for seq, kind, subject in await in_thread(log_of)(room_id)]
    # A message is told of as it was when it happened: nothing was lost, so nothing was read later.
    assert rooms[1].entries == told


@quick_story
async def test_who_comes_back_has_missed_nothing(servers: dict[str, WebServer], alice: Person, bob: Person) -> None:
    room_id = await in_thread(make_room)(alice, bob)
    for server in servers.values():
        async with client(server, alice) as alices, client(server, bob) as bobs:
            room = await bobs.join(room_id)
            begun = room.seq or 0
            await alices.say(room_id, "before")
            await all_at(begun + 1, (bobs, room))
            assert bobs._socket is not None
            await bobs._socket.close()
            for number in range(30):
                assert (await alices.say(room_id, f"meanwhile {number}"))["seq"] == begun + 2 + number
            await all_at(begun + 31, (bobs, room))
            assert len(room.entries) == 31
            assert bobs.closes == [1000]


def read_nothing(server: WebServer, person: Person, *room_ids: uuid.UUID) -> socket.socket:
    """A connection that joins rooms and then takes nothing more from its socket."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(10)
    line.connect(("127.0.0.1", server.port))
    subprotocols = [Subprotocol(name) for name in (SUBPROTOCOL, f"bearer.{make_token(person.user_id)}")]
    protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{server.port}/ws"), subprotocols=subprotocols)
    seen = b""

    def send_and_await(word: bytes, times: int = 1) -> None:
        nonlocal seen
        line.sendall(b"".join(protocol.data_to_send()))
        while seen.count(word) < times:
            data = line.recv(4096)
            assert data, seen
            protocol.receive_data(data)
            seen += data

    protocol.send_request(protocol.connect())
    send_and_await(b'"hello"')
    for room_id in room_ids:
        protocol.send_text(json.dumps({"type": "room.join", "room_id": str(room_id)}).encode())
    send_and_await(b'"room.joined"', len(room_ids))
    return line


@pytest.mark.parametrize("name", NAMES)
@quick_story
async def test_a_slow_reader_is_cut_off_and_fifty_others_get_everything(
    servers: dict[str, WebServer], alice: Person, bob: Person, name: str
) -> None:
    # The bound, as much again for the kernel to hold as it likes, and a little more.
    server, count = servers[name], (MAX_CHARACTERS + KERNEL_BYTES + MAX_CHARACTERS) // len(LONG)
    room_id, flood_id = [await in_thread(make_room)(*people) for people in ((alice, bob), (bob,))]
    readers = [client(server, alice) for _ in range(50)]
    await asyncio.gather(*(reader.__aenter__() for reader in readers))
    rooms = await asyncio.gather(*(reader.join(room_id) for reader in readers))
    with contextlib.closing(await asyncio.to_thread(read_nothing, server, bob, room_id, flood_id)) as slow:
        process = psutil.Process(server.process.pid)
        before = process.memory_info().rss
        for _ in range(count):
            await in_thread(broadcast_on_commit)(room_group(room_id), {"type": "note"})
            await in_thread(broadcast_on_commit)(room_group(flood_id), {"type": "flood", "text": LONG})
        await readers[0].say(room_id, "at last")
        await all_at(1, *zip(readers, rooms, strict=True))
        assert {len([frame for frame in reader.notices if frame["type"] == "note"]) for reader in readers} == {count}
        assert process.memory_info().rss - before < 10 * MAX_CHARACTERS
        # What was on its way still comes, and then the reason, also to one that takes it late.
        await asyncio.sleep(LATE_SECONDS)
        taken, tail = 0, b""
        while (4410).to_bytes(2, "big") not in tail[-40:]:
            tail = await asyncio.to_thread(slow.recv, 1 << 20)
            assert tail, "it was closed without a reason"
            taken += len(tail)
        assert taken < count * len(LONG)
    await asyncio.gather(*(reader.__aexit__() for reader in readers))
