"""What bad input gets: the contract's error or close code, while nobody else notices and nothing is logged as an error."""

import contextlib
import json
import random
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from accounts.realtime import SUBPROTOCOL
from chat import hub as hubs
from chat.handlers import HANDLERS
from chat.tests.rooms import log_of, say
from chat.tests.sockets import Socket, calm_log, in_thread, opened, socket_for, story
from lifestring.testing.people import Person, make_token
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["calm_log"]

VALUES: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "x", "é" * 300, [], [[]], {}, {"a": None}, "\u202e", str(uuid.UUID(int=0)),
                     "ffffffff-ffff-ffff-ffff-ffffffffffff", "' OR 1=1 --", "%s", "{}"]  # fmt: skip
FIELDS = ("room_id", "since", "limit", "content", "id", "message_id", "before", "active", "token", "ref")
FAULTS = {"validation_failed", "not_found", "not_a_member", "conflict", "token_invalid", "unknown_type", "malformed_json",
          "payload_too_large"}  # fmt: skip


@contextlib.asynccontextmanager
async def undisturbed(alice: Person, bob: Person) -> AsyncIterator[str]:
    """A room of alice and bob, in which bob hears of nothing meanwhile but then of what is said."""
    room_id = str(await in_thread(make_room)(alice, bob))
    async with opened(bob) as bobs:
        bobs.ignored = frozenset({"presence"})
        assert (await bobs.ask(type="room.join", room_id=room_id))["type"] == "room.joined"
        yield room_id
        await bobs.quiet()
        assert await in_thread(log_of)(room_id) == []
        await in_thread(say)(bob, room_id)
        assert (await bobs.frame())["seq"] == 1


async def refused(socket: Socket) -> str:
    answer = await socket.frame()
    assert answer["type"] == "error", answer
    assert answer["code"] in FAULTS, answer
    return str(answer["code"])


@story
async def test_random_frames_of_every_type(alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.frames.BURST", 10_000.0)
    chance = random.Random(7)
    async with undisturbed(alice, bob) as room_id, opened(alice) as socket:
        for kind in sorted(set(HANDLERS) - {"ping", "room.leave"}):
            for _ in range(25):
                fields = {name: chance.choice(VALUES) for name in FIELDS if chance.random() < 0.7}
                frame = {"room_id": chance.choice([room_id, *VALUES]), **fields, "type": kind}
                if kind in {"room.join", "typing", "message.send"} and frame["room_id"] == room_id:
                    # These may be right.
                    frame["room_id"] = str(uuid.uuid4())
                await socket.send_json_to(frame)
                await refused(socket)
        assert (await socket.ask(type="ping"))["type"] == "pong"


@story
async def test_random_bytes_and_what_is_no_frame(alice: Person, bob: Person) -> None:
    chance = random.Random(7)
    async with undisturbed(alice, bob):
        for _ in range(3):
            async with opened(alice) as socket:
                junk: list[dict[str, Any]] = [
                    {"bytes_data": chance.randbytes(200)},
                    {"text_data": chance.randbytes(200).decode("latin-1")},
                    {"text_data": "x" * 1024 * 1024},
                    {"text_data": "[" * 20_000},
                    {"text_data": json.dumps([1, 2])},
                    {"text_data": '"room.join"'},
                ]
                chance.shuffle(junk)
                closes = 0
                for piece in junk:
                    await socket.send_to(**piece)
                    code = await refused(socket)
                    closes += code in {"malformed_json", "payload_too_large"}
                    if closes == 5:
                        break
                assert await socket.close_code() == 4400


@story
async def test_frames_before_the_greeting_wait_for_it(alice: Person) -> None:
    room_id = str(await in_thread(make_room)(alice))
    socket = socket_for(make_token(alice.user_id))
    await socket.send_input({"type": "websocket.connect"})
    await socket.send_json_to({"type": "room.join", "room_id": room_id})
    await socket.send_json_to({"type": "ping"})
    assert (await socket.receive_output(5)) == {"type": "websocket.accept", "subprotocol": SUBPROTOCOL, "headers": []}
    assert [(await socket.frame())["type"] for _ in range(3)] == ["hello", "room.joined", "pong"]
    await socket.disconnect()


@story
async def test_ten_thousand_joins_are_bounded(alice: Person, bob: Person) -> None:
    async with undisturbed(alice, bob), opened(alice) as socket:
        for _ in range(10_000):
            await socket.send_json_to({"type": "room.join", "room_id": str(uuid.uuid4())})
        codes = []
        while (output := await socket.receive_output(5))["type"] == "websocket.send":
            codes.append(json.loads(output["text"])["code"])
        assert output["code"] == 4429
        assert len(codes) < 200
        assert set(codes) == {"not_found", "rate_limited"}
        ((hub, _),) = hubs._hubs.values()
        assert len(hub.feeds) == 1
