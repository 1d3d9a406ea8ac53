"""What waits for one slow reader: bounded, freed at once, in order; nothing here needs a server."""

import asyncio
from typing import Any

from chat.outgoing import MAX_ANSWERED, MAX_CHARACTERS, MAX_FRAMES, Outgoing
from chat.tests.sockets import quick_story


class Reader:
    """A server's `send` to a client that reads when it is told to."""

    def __init__(self, *, reads: bool = True) -> None:
        self.got: list[Any] = []
        self.reads = asyncio.Event()
        if reads:
            self.reads.set()
        self.overflows = self.ends = 0
        self.outgoing = Outgoing(self.send, self.overflow, self.end)

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.got.append(message.get("text", message.get("code")))

    def overflow(self) -> None:
        self.overflows += 1
        self.outgoing.close(4410, at_once=True)

    def end(self) -> None:
        self.ends += 1


@quick_story
async def test_frames_keep_their_order_and_the_close_comes_last() -> None:
    reader = Reader()
    for number in range(5):
        reader.outgoing.push(f"push {number}")
        reader.outgoing.answer(f"answer {number}")
    reader.outgoing.close(4401)
    reader.outgoing.push("too late")
    reader.outgoing.answer("too late")
    reader.outgoing.close(4400)
    await asyncio.sleep(0.01)
    assert reader.got == [*(f"{kind} {number}" for number in range(5) for kind in ("push", "answer")), 4401]
    assert (reader.ends, reader.overflows) == (1, 0)


@quick_story
async def test_a_reader_that_stops_is_cut_off_at_the_bound() -> None:
    for text, most in (("x", MAX_FRAMES), ("x" * 1024, MAX_CHARACTERS // 1024)):
        reader = Reader(reads=False)
        for _ in range(most):
            reader.outgoing.push(text)
        await asyncio.sleep(0)
        assert reader.overflows == 0
        reader.outgoing.push(text)
        assert reader.overflows == 1
        assert len(reader.outgoing._waiting) == 1, "only the close frame is kept"
        reader.reads.set()
        await asyncio.sleep(0.01)
        assert (reader.got, reader.ends) == ([4410], 1)


@quick_story
async def test_a_reader_that_never_reads_again_is_given_up() -> None:
    reader = Reader(reads=False)
    reader.outgoing.push("x")
    await asyncio.sleep(0)
    reader.outgoing.close(4410, at_once=True)
    reader.outgoing.abandon()
    await asyncio.sleep(0.01)
    assert (reader.got, reader.ends) == ([], 1)


@quick_story
async def test_answers_wait_for_their_reader_instead() -> None:
    reader = Reader(reads=False)
    await reader.outgoing.drained()
    for _ in range(3):
        reader.outgoing.answer("x" * MAX_ANSWERED)
    assert reader.overflows == 0
    waiting = asyncio.create_task(reader.outgoing.drained())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    reader.reads.set()
    await asyncio.wait_for(waiting, 1)
    # Nor does it outlive the socket.
    reader.reads.clear()
    for _ in range(3):
        reader.outgoing.answer("x" * MAX_ANSWERED)
    waiting = asyncio.create_task(reader.outgoing.drained())
    await asyncio.sleep(0.01)
    reader.outgoing.abandon()
    await asyncio.wait_for(waiting, 1)


@quick_story
async def test_a_peer_that_is_gone_is_no_error() -> None:
    async def gone(_message: Any) -> None:
        raise BrokenPipeError

    ends: list[int] = []
    outgoing = Outgoing(gone, lambda: ends.append(-1), lambda: ends.append(1))
    outgoing.push("x")
    outgoing.push("y")
    await asyncio.sleep(0.01)
    outgoing.push("z")
    await asyncio.sleep(0.01)
    assert ends == [1]
    assert not outgoing._waiting
