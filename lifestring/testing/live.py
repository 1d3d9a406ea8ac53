"""A reference client of the socket: it keeps rooms complete across lost connections, and checks that they are.

What it does is all that docs/live.md asks of a client: join with the last `seq`, again while there is more, connect
again with growing pauses, repeat what was not acknowledged under the same id.
"""

import asyncio
import contextlib
import json
import random
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

SUBPROTOCOL = "lifestring.v1"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
# After these there is no sense in coming back with the same token.
FINAL_CODES = frozenset({4400, 4401, 4403})
# After these answers the same frame is sent again.
FOR_NOW = frozenset({"unavailable", "rate_limited"})
LOG = frozenset({"message.created", "message.updated", "message.deleted", "participant.added", "participant.removed",
                 "room.updated"})  # fmt: skip

Frame = dict[str, Any]


@dataclass
class Room:
    """A room as the client knows it.

    Args:
        seq: the last number seen; None before the first join.
        entries: number, kind and id of all that was heard since, in the order it came.
        messages: the texts of the messages there are, by id.
        online: who is online.
        faults: what must never happen: holes, repetitions.
    """

    room_id: str
    seq: int | None = None
    entries: list[tuple[int, str, str | None]] = field(default_factory=list)
    messages: dict[str, str] = field(default_factory=dict)
    online: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def joined(self, answer: Frame) -> None:
        """Take the answer to a join."""
        self.online = set(answer["online"])
        if answer.get("reset"):
            self.seq = answer["seq"]
            self.messages = {message["id"]: message["content"] for message in answer["messages"]}
            return
        for event in answer["events"]:
            self.heard(event)
        if self.seq != answer["seq"]:
            self.faults.append(f"the answer reaches to {answer['seq']}, its events to {self.seq}")

    def heard(self, event: Frame) -> None:
        """Take an entry of the log."""
        seq, kind = event["seq"], event["type"]
        if seq != (self.seq or 0) + 1:
            self.faults.append(f"{seq} came after {self.seq}")
        self.seq = seq
        message = event.get("message")
        subject = message["id"] if message else event.get("message_id", event.get("user_id"))
        self.entries.append((seq, kind, subject))
        if message:
            self.messages[message["id"]] = message["content"]
        elif kind == "message.deleted":
            self.messages.pop(event["message_id"], None)


class LiveClient:
    """One person's socket, which comes back when it is lost.

    Args:
        url: `ws://host:port/ws`; called anew for every attempt where it is a function.
        token: the access token.
    """

    def __init__(self, url: str | Callable[[], str], token: str) -> None:
        self.rooms: dict[str, Room] = {}
        self.notices: list[Frame] = []
        self.closes: list[int] = []
        self.ready = asyncio.Event()
        self._url: Callable[[], str] = url if callable(url) else lambda: url
        self._token = token
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._socket: ClientConnection | None = None
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "LiveClient":
        """Connect, and go on doing so."""
        self._task = asyncio.create_task(self._keep_connected())
        await self.ready.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # --- what one does with it ---

    async def ask(self, **frame: Any) -> Frame:
        """Send a frame and return its answer, an error as well; ConnectionError where the socket is lost before."""
        if self._socket is None:
            raise ConnectionError("not connected")
        ref = uuid.uuid4().hex
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[ref] = answer
        try:
            await self._socket.send(json.dumps({**frame, "ref": ref}, default=str))
            return await answer
        except ConnectionClosed as closed:
            raise ConnectionError(str(closed)) from closed
        finally:
            self._answers.pop(ref, None)

    async def join(self, room_id: Any) -> Room:
        """Follow a room from here on."""
        room = self.rooms[str(room_id)] = Room(str(room_id))
        await self._catch_up(room)
        return room

    async def join_from_the_beginning(self, room_id: Any) -> Room:
        """Follow a room with all its log."""
        room = self.rooms[str(room_id)] = Room(str(room_id), seq=0)
        await self._catch_up(room)
        return room

    async def say(self, room_id: Any, content: str, message_id: str | None = None) -> Frame:
        """Say something, until it is acknowledged or refused: the same id is stored once, however often it is sent."""
        message_id = message_id or str(uuid.uuid4())
        while True:
            await self.ready.wait()
            with contextlib.suppress(ConnectionError):
                answer = await self.ask(type="message.send", room_id=str(room_id), id=message_id, content=content)
                if answer.get("code") not in FOR_NOW:
                    return answer
            await asyncio.sleep(FIRST_PAUSE)

    async def until(self, done: Callable[[], bool], timeout: float = 10) -> None:
        """Wait until something is true, which is looked at whenever a frame has come.

        Raises:
            TimeoutError: it does not become true in time.
        """
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(done)

    def pause(self) -> Callable[[], None]:
        """Take nothing from the connection until the function that is returned is called."""
        if self._socket is None:
            return lambda: None
        transport = self._socket.transport
        transport.pause_reading()
        return transport.resume_reading

    # --- how it stays connected ---

    async def _keep_connected(self) -> None:
        pause = FIRST_PAUSE
        while not FINAL_CODES & set(self.closes[-1:]):
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionError, TimeoutError):
                async with self._connected():
                    pause = FIRST_PAUSE
                    await self._read()
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, LONGEST_PAUSE)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        subprotocols: Any = [SUBPROTOCOL, f"bearer.{self._token}"]
        async with connect(self._url(), subprotocols=subprotocols, proxy=None, max_size=None) as socket:
            self._socket = socket
            try:
                yield
            finally:
                self.ready.clear()
                self._socket = None
                for answer in self._answers.values():
                    if not answer.done():
                        answer.set_exception(ConnectionError("the socket was lost"))

    async def _read(self) -> None:
        """Take frames until the socket is lost; rooms are joined again meanwhile."""
        assert self._socket is not None
        joining: asyncio.Task[None] | None = None
        try:
            async for text in self._socket:
                frame: Frame = json.loads(text)
                if frame["type"] == "hello":
                    joining = asyncio.create_task(self._join_again())
                self._take(frame)
                async with self._news:
                    self._news.notify_all()
            self.closes.append(self._socket.close_code or 1006)
        except ConnectionClosed as closed:
            self.closes.append(closed.rcvd.code if closed.rcvd else 1006)
        finally:
            if joining is not None:
                joining.cancel()
                await asyncio.gather(joining, return_exceptions=True)

    async def _join_again(self) -> None:
        for room in list(self.rooms.values()):
            await self._catch_up(room)
        self.ready.set()

    async def _catch_up(self, room: Room) -> None:
        while True:
            answer = await self.ask(type="room.join", room_id=room.room_id, since=room.seq)
            if answer.get("code") in FOR_NOW:
                await asyncio.sleep(FIRST_PAUSE)
                continue
            if answer["type"] == "error":
                self.rooms.pop(room.room_id, None)
                self.notices.append(answer)
                return
            if answer.get("reset") or not answer["has_more"]:
                return

    def _take(self, frame: Frame) -> None:
        room = self.rooms.get(frame.get("room_id", ""))
        if frame["type"] == "room.joined" and room is not None:
            # Here and not where it was asked for: the frames that follow come before that task runs again.
            room.joined(frame)
        answer = self._answers.get(frame.get("ref") or "")
        if answer is not None and not answer.done():
            answer.set_result(frame)
        elif room is not None and frame["type"] in LOG:
            room.heard(frame)
        elif room is not None and frame["type"] == "presence":
            (room.online.add if frame["online"] else room.online.discard)(frame["user_id"])
        else:
            self.notices.append(frame)
