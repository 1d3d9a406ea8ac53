"""The assistant over sockets: the same turn, told in frames, and told to everybody else as any message is."""

import asyncio
import time
import uuid
from typing import Any

import pytest

from accounts.models import Suspension
from ai.models import AssistantTurn, UsageEntry
from ai.tests.conversations import ask, open_chat, said
from chat.models import Message
from chat.tests.sockets import Socket, calm_log, in_thread, opened, story
from lifestring.testing.openai_server import ModelServer, Say
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

__all__ = ["calm_log"]

pytestmark = pytest.mark.django_db(transaction=True)

LONG = Say("word " * 200, token_delay=0.02)


async def frames_until(socket: Socket, last: str) -> list[dict[str, Any]]:
    """Every frame up to one of this type."""
    found = [await socket.frame(timeout=5)]
    while found[-1]["type"] != last:
        found.append(await socket.frame(timeout=5))
    return found


async def ends(server: ModelServer) -> float:
    """Wait until the model's client has left; returns when it did."""
    async with asyncio.timeout(5):
        while server.chats[0].left_at is None:
            await asyncio.sleep(0.02)
    return server.chats[0].left_at


@story
async def test_a_question_is_answered_in_frames_and_told_to_all(assistant: ModelServer, alice: Person, bot: Person):
    room_id = await in_thread(open_chat)(alice)
    async with opened(alice) as asking, opened(alice) as other:
        asking.ignored = other.ignored = frozenset({"presence"})
        await other.ask(type="room.join", room_id=room_id)
        ok = await asking.ask(type="ai.send", room_id=room_id, content="Hello there", ref="a")
        assert (ok["type"], ok["ref"], ok["seq"], ok["message"]["content"]) == ("ok", "a", 1, "Hello there")
        *tokens, done = await frames_until(asking, "ai.done")
        assert "".join(token["content"] for token in tokens) == "You said: Hello there"
        assert {(token["type"], token["room_id"]) for token in tokens} == {("ai.token", room_id)}
        assert done["tokens"] > 0
        created = [await other.frame() for _ in "ab"]
        assert [(frame["type"], frame["seq"], frame["message"]["content"]) for frame in created] == [
            ("message.created", 1, "Hello there"),
            ("message.created", 2, "You said: Hello there"),
        ]
        assert created[1]["message"]["id"] == done["message_id"]
        assert created[1]["by"] == str(bot.user_id)
        # Over REST it is told likewise.
        await in_thread(ask)(alice, room_id, "And now?")
        assert [(await other.frame())["seq"] for _ in "ab"] == [3, 4]
        await asking.quiet()


@story
async def test_what_cannot_be_done_is_an_error_frame(assistant: ModelServer, alice: Person, bob: Person):
    room_id, ordinary = await in_thread(open_chat)(alice), await in_thread(make_room)(alice, bob)
    async with opened(alice) as socket, opened(bob) as stranger:
        for frame, code in (
            ({"room_id": room_id, "content": " "}, "validation_failed"),
            ({"room_id": room_id, "content": "x" * 6_000}, "validation_failed"),
            ({"content": "Hello"}, "validation_failed"),
            ({"room_id": str(ordinary), "content": "Hello"}, "bad_request"),
            ({"room_id": str(uuid.uuid4()), "content": "Hello"}, "not_found"),
        ):
            answer = await socket.ask(type="ai.send", ref="r", **frame)
            assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, "r")
        assert (await stranger.ask(type="ai.send", room_id=room_id, content="Hello"))["code"] == "not_a_member"
        assert (await stranger.ask(type="ai.cancel", room_id=room_id))["code"] == "not_a_member"
        assistant.chat.script = [Say("It is so", cut_after=2)]
        assert (await socket.ask(type="ai.send", room_id=room_id, content="Is it so?", ref="s"))["type"] == "ok"
        *_, error = await frames_until(socket, "error")
        assert (error["code"], error["ref"]) == ("ai_unavailable", "s")
    assert await in_thread(said)(alice, room_id) == [(False, "Is it so?"), (True, "It is")]


@story
async def test_an_answer_is_cancelled_by_a_frame(assistant: ModelServer, alice: Person):
    room_id, message_id = await in_thread(open_chat)(alice), str(uuid.uuid4())
    assistant.chat.script = [LONG]
    async with opened(alice) as socket, opened(alice) as other:
        await socket.ask(type="ai.send", room_id=room_id, content="Hello", id=message_id)
        await socket.frame()
        assert (await other.ask(type="ai.send", room_id=room_id, content="Hello"))["code"] == "conflict"
        at = time.monotonic()
        assert await other.ask(type="ai.cancel", room_id=room_id, ref="c") == {"type": "ok", "ref": "c"}
        done = (await frames_until(socket, "ai.done"))[-1]
        assert (done["cancelled"], done["message_id"] is not None) == (True, True)
        assert await ends(assistant) - at < 1
        assert (await other.ask(type="ai.cancel", room_id=room_id))["type"] == "ok"
        # The same id again is the same question, whose answer is there.
        again = await socket.ask(type="ai.send", room_id=room_id, content="Hello", id=message_id)
        assert again["message"]["id"] == message_id
        assert (await frames_until(socket, "ai.done"))[-1]["message_id"] == done["message_id"]
    assert len(assistant.chats) == 1


@story
async def test_a_socket_that_is_closed_ends_its_answer(assistant: ModelServer, alice: Person):
    room_id = await in_thread(open_chat)(alice)
    assistant.chat.script = [LONG]
    async with opened(alice) as socket:
        await socket.ask(type="ai.send", room_id=room_id, content="Hello")
        await socket.frame()
        at = time.monotonic()
    assert await ends(assistant) - at < 1

    def left() -> tuple[Any, ...]:
        return (
            AssistantTurn.objects.count(),
            *UsageEntry.objects.values_list("outcome", flat=True),
            *Message.objects.filter(room_id=room_id).order_by("created_at").values_list("content", flat=True),
        )

    found = await in_thread(left)()
    assert found[:3] == (0, "cut", "Hello")
    assert found[3].startswith("word")


@story
async def test_the_suspended_are_answered_nothing(assistant: ModelServer, alice: Person):
    room_id = await in_thread(open_chat)(alice)
    assistant.chat.script = [LONG]
    async with opened(alice) as socket:
        await socket.ask(type="ai.send", room_id=room_id, content="Hello")
        await socket.frame()
        at = time.monotonic()
        await in_thread(Suspension.objects.create)(user_id=alice.user_id)
        assert await ends(assistant) - at < 1.5
        assert (await socket.ask(type="ai.send", room_id=room_id, content="Hello"))["type"] in {
            "ai.token",
            "error",
            "suspended",
        }
