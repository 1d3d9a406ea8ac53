"""One hub per process and event loop: what arrives from the channel layer, once, and which sockets here it is for.

Nothing is taken on trust from the layer. Positions, memberships and accounts are compared with the database for all
rooms and sockets of the process at once (docs/decisions/017-live.md).
"""

import asyncio
import contextlib
import itertools
import logging
import random
import uuid
from collections.abc import AsyncIterator
from typing import Any, Protocol

import orjson
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from accounts.realtime import CloseCode, SuspendedFrame, user_group
from chat.feeds import Event, Feed, Listener
from chat.live_reads import Differences, differences, log_between
from chat.models import LogKind
from chat.presence import Presence
from chat.realtime import PresenceFrame, RoomDeletedFrame, RoomRemovedFrame, room_group
from lifestring.dispatch import broadcast_now, send_from_this_loop
from lifestring.errors import UnavailableError
from lifestring.rendering import dumps
from lifestring.threads import in_socket_thread

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.5
LAYER_SECONDS = 5.0
LOG_KINDS = frozenset(LogKind.values)

_read_differences = in_socket_thread(differences)
_read_log = in_socket_thread(log_between)


class LiveSocket(Listener, Protocol):
    """What a hub knows of a socket."""

    def close(self, code: CloseCode) -> None:
        """Close it, after what was sent before."""


class Hub:
    """The sockets of one event loop, and the feeds of the rooms they joined.

    It belongs to one channel of the layer, which is in the group of each room and person with a socket here.
    """

    def __init__(self) -> None:
        self.feeds: dict[uuid.UUID, Feed] = {}
        self.people: dict[str, set[LiveSocket]] = {}
        self.presence = Presence(_announce)
        self._rooms_of: dict[Listener, set[uuid.UUID]] = {}
        self._online: set[tuple[Listener, uuid.UUID]] = set()
        self._joins = itertools.count(1)
        self._layer: Any = get_channel_layer()
        self._channel = ""
        self._subscribed: set[str] = set()
        self._subscribing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._starting: asyncio.Task[None] | None = None

    # --- its own life ---

    async def start(self) -> None:
        """Begin to listen, once."""
        if self._starting is None or (self._starting.done() and self._starting.exception()):
            self._starting = asyncio.get_running_loop().create_task(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        send_from_this_loop()
        async with _layer_time():
            self._channel = await self._layer.new_channel()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._receive()), loop.create_task(self._keep_checking())]
        self.presence.start()

    async def stop(self) -> None:
        """End everything that runs."""
        for feed in self.feeds.values():
            feed.close()
        tasks = [*self._tasks, *([self._starting] if self._starting is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            for group in list(self._subscribed):
                await self._layer.group_discard(group, self._channel)
        await self.presence.stop()

    # --- sockets ---

    async def enter(self, socket: LiveSocket) -> None:
        """Let a socket have what is sent to its person.

        Raises:
            RedisError, OSError, TimeoutError: the channel layer is away.
        """
        self.people.setdefault(socket.user_id, set()).add(socket)
        self._rooms_of[socket] = set()
        await self._subscribe(user_group(uuid.UUID(socket.user_id)))

    async def leave(self, socket: LiveSocket) -> None:
        """Forget a socket and where it had joined."""
        for room_id in list(self._rooms_of.pop(socket, ())):
            await self.leave_room(socket, room_id)
        sockets = self.people.get(socket.user_id, set())
        sockets.discard(socket)
        if not sockets:
            self.people.pop(socket.user_id, None)
            await self._unsubscribe(user_group(uuid.UUID(socket.user_id)))

    async def hold(self, socket: LiveSocket, room_id: uuid.UUID) -> None:
        """Begin to let a socket into a room: from here on, what happens there is kept for it.

        Raises:
            UnavailableError: the channel layer is away.
        """
        if room_id not in self.feeds:
            self.feeds[room_id] = Feed(room_id, _read_log, self._let_go)
        self.feeds[room_id].hold(socket)
        self._rooms_of[socket].add(room_id)
        try:
            await self._subscribe(room_group(room_id))
        except (RedisError, OSError, TimeoutError) as error:
            raise UnavailableError from error

    def attach(self, socket: LiveSocket, room_id: uuid.UUID, position: int, greeting: str) -> bool:
        """Let a socket in, as `Feed.attach`; the room learns that its person is online."""
        feed = self.feeds.get(room_id)
        if feed is None or socket not in feed.seats:
            return False
        if not feed.attach(socket, position, next(self._joins), greeting):
            return False
        # What was held may have been its removal.
        if feed.joined(socket) and (socket, room_id) not in self._online:
            self._online.add((socket, room_id))
            self.presence.enter(room_id, socket.user_id)
        return True

    async def leave_room(self, socket: LiveSocket, room_id: uuid.UUID) -> None:
        """Let a socket out of a room, joined or not."""
        feed = self.feeds.get(room_id)
        if feed is not None:
            feed.detach(socket)
        self._offline(socket, room_id)
        await self._left(socket, room_id)

    def joined(self, socket: LiveSocket, room_id: uuid.UUID) -> bool:
        """Whether a socket gets what happens in a room."""
        feed = self.feeds.get(room_id)
        return feed is not None and feed.joined(socket)

    def rooms_of(self, socket: LiveSocket) -> int:
        """How many rooms a socket has joined."""
        return len(self._rooms_of.get(socket, ()))

    def _offline(self, listener: Listener, room_id: uuid.UUID) -> None:
        if (listener, room_id) in self._online:
            self._online.discard((listener, room_id))
            self.presence.leave(room_id, listener.user_id)

    def _let_go(self, feed: Feed, listener: Listener) -> None:
        """A feed has let a socket go."""
        self._offline(listener, feed.room_id)
        task = asyncio.get_running_loop().create_task(self._left(listener, feed.room_id))
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _left(self, listener: Listener, room_id: uuid.UUID) -> None:
        feed = self.feeds.get(room_id)
        if feed is None or listener not in feed.seats:
            self._rooms_of.get(listener, set()).discard(room_id)
        if feed is not None and not feed.seats:
            feed.close()
            del self.feeds[room_id]
        await self._unsubscribe(room_group(room_id))

    # --- groups ---

    def _is_wanted(self, group: str) -> bool:
        kind, _, name = group.partition(".")
        return name in self.people if kind == "user" else uuid.UUID(name) in self.feeds

    async def _subscribe(self, group: str) -> None:
        async with self._subscribing:
            if group not in self._subscribed:
                async with _layer_time():
                    await self._layer.group_add(group, self._channel)
                self._subscribed.add(group)

    async def _unsubscribe(self, group: str) -> None:
        async with self._subscribing:
            # Somebody may have come in the meantime.
            if group in self._subscribed and not self._is_wanted(group):
                self._subscribed.discard(group)
                with contextlib.suppress(RedisError, OSError, TimeoutError):
                    async with _layer_time():
                        await self._layer.group_discard(group, self._channel)

    # --- what arrives ---

    async def _receive(self) -> None:
        while True:
            message = await self._layer.receive(self._channel)
            try:
                self._pass_on(message["group"], message["text"])
            except Exception:
                logger.exception("a broadcast could not be passed on")

    def _pass_on(self, group: str, text: str) -> None:
        kind, _, name = group.partition(".")
        if kind == "user":
            self._to_person(name, text)
            return
        feed = self.feeds.get(uuid.UUID(name))
        if feed is None:
            return
        frame = orjson.loads(text)
        what = frame["type"]
        if what in LOG_KINDS:
            removed = frame["user_id"] if what == LogKind.PARTICIPANT_REMOVED else None
            feed.receive(Event(frame["seq"], text, removed))
        elif what == "typing":
            feed.typing(frame["user_id"], active=frame["active"])
        elif what == "presence":
            feed.relay(text, but_not=frame["user_id"])
        elif what == "room.deleted":
            feed.end(text)
        else:
            feed.relay(text)

    def _to_person(self, user_id: str, text: str) -> None:
        suspended = orjson.loads(text)["type"] == "suspended"
        for socket in list(self.people.get(user_id, ())):
            socket.push(text)
            if suspended:
                socket.close(CloseCode.SUSPENDED)

    # --- what is compared ---

    async def _keep_checking(self) -> None:
        failing = False
        while True:
            # A little apart, so that processes started together do not ask together.
            await asyncio.sleep(CHECK_SECONDS * random.uniform(0.9, 1.0))  # noqa: S311 - no secret
            try:
                await self.check()
            except Exception as error:
                if not failing:
                    logger.warning("sockets cannot be compared with the database: %s", type(error).__name__)
                failing = True
            else:
                failing = False

    async def check(self) -> None:
        """Compare everything with the database, in one query, and do what follows from it."""
        # Who joins while the query runs was checked then, and may be newer than what it sees.
        newest_join = next(self._joins)
        seqs = {room_id: feed.seq for room_id, feed in self.feeds.items() if feed.seq is not None}
        places = {(room_id, uuid.UUID(listener.user_id)) for room_id in seqs for listener in self.feeds[room_id].seats}
        people = [uuid.UUID(user_id) for user_id in self.people]
        if people:
            self._apply(await _read_differences(seqs, places, people), newest_join)

    def _apply(self, found: Differences, newest_join: int) -> None:
        for room_id, seq in found.behind.items():
            if room_id in self.feeds:
                self.feeds[room_id].behind(seq)
        for room_id in found.deleted:
            if room_id in self.feeds:
                self.feeds[room_id].end(_text(RoomDeletedFrame(type="room.deleted", room_id=room_id)))
        for room_id, user_id in found.removed:
            if room_id in self.feeds:
                removed = _text(RoomRemovedFrame(type="room.removed", room_id=room_id))
                self.feeds[room_id].remove(str(user_id), removed, joined_before=newest_join)
        for user_id in found.gone:
            for socket in list(self.people.get(str(user_id), ())):
                socket.close(CloseCode.NOT_AUTHENTICATED)
        for user_id in found.suspended:
            self._to_person(str(user_id), _text(SuspendedFrame(type="suspended")))


_hubs: dict[asyncio.AbstractEventLoop, tuple[Hub, int]] = {}


@contextlib.asynccontextmanager
async def hub_of_this_loop() -> AsyncIterator[Hub]:
    """Lend the loop's hub; it is there while anybody has it.

    Raises:
        RedisError, OSError, TimeoutError: the channel layer is away.
    """
    loop = asyncio.get_running_loop()
    hub, lent = _hubs.get(loop) or (Hub(), 0)
    _hubs[loop] = (hub, lent + 1)
    try:
        await hub.start()
        yield hub
    finally:
        hub, lent = _hubs[loop]
        if lent > 1:
            _hubs[loop] = (hub, lent - 1)
        else:
            del _hubs[loop]
            await hub.stop()


@contextlib.asynccontextmanager
async def _layer_time() -> AsyncIterator[None]:
    """Bound what the channel layer may take."""
    async with asyncio.timeout(LAYER_SECONDS):
        yield


def _announce(room_id: uuid.UUID, user_id: str, *, online: bool) -> None:
    frame = PresenceFrame(type="presence", room_id=room_id, user_id=uuid.UUID(user_id), online=online)
    broadcast_now(room_group(room_id), frame)


def _text(frame: Any) -> str:
    return dumps(frame).decode()
