"""What a chaos run plays on: servers that can be killed, people with sockets, rooms, and notes of what was promised."""

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import httpx2
from django.db import Error, close_old_connections, connection

from lifestring.testing.environment import ServerProcess
from lifestring.testing.live import LiveClient, Room
from lifestring.testing.people import Person, make_person, make_token
from lifestring.testing.rooms import make_room
from lifestring.testing.web_servers import NAMES, WebServer, start

APPLICATION = "lifestring.testing.lossy:application"
PEOPLE, SOCKETS_EACH = 10, 3
PATIENCE = 40.0

T = TypeVar("T")


class FaultError(AssertionError):
    """The product broke a promise."""


@dataclass
class Revocation:
    """Somebody who may not hear any more, of one room or at all.

    Args:
        person: who.
        room_id: of which room; None for all of them.
        at: when it was certain, by the database's clock.
        entry: whether the room's log tells of it, so that nothing after that entry may be heard.
        how: in a word.
    """

    person: Person
    room_id: uuid.UUID | None
    at: datetime
    entry: bool
    how: str


@dataclass
class Member:
    """A person with several sockets, and what each heard of each room."""

    person: Person
    clients: list[LiveClient] = field(default_factory=list)
    rooms: list[dict[uuid.UUID, Room]] = field(default_factory=list)
    gone: bool = False


@dataclass
class Promise:
    """A message that was acknowledged."""

    room_id: uuid.UUID
    author: Person
    seq: int | None
    content: str


class Stage:
    """Two server processes, ten people with three sockets each, three rooms.

    Args:
        servers: what keeps PostgreSQL and Redis.
        rng: what chance there is.
    """

    def __init__(self, servers: ServerProcess, rng: random.Random) -> None:
        self.servers = servers
        self.rng = rng
        self.web: list[WebServer] = []
        self.buried: list[WebServer] = []
        self.members: list[Member] = []
        self.rooms: list[uuid.UUID] = []
        self.left: dict[uuid.UUID, set[uuid.UUID]] = {}
        self.promises: dict[uuid.UUID, Promise] = {}
        self.changed: set[uuid.UUID] = set()
        self.revocations: list[Revocation] = []
        self.outages: list[tuple[datetime, datetime]] = []
        self.over = False
        # What keeps PostgreSQL and Redis does one thing at a time.
        self.engines = asyncio.Lock()
        self.http = httpx2.AsyncClient(timeout=15)
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Tell who watches."""
        print(f"  {time.monotonic() - self._began:5.1f} s  {text}", flush=True)  # noqa: T201

    # --- setting up and taking down ---

    async def set_up(self) -> None:
        """Start the servers, and have everybody join their rooms."""
        self.web = [start(name, APPLICATION) for name in NAMES]
        await asyncio.gather(*(asyncio.to_thread(server.wait) for server in self.web))
        people = [await in_database(partial(make_person, f"P{n}", is_mod=n == 0)) for n in range(PEOPLE)]
        # Everybody in the first, most in the others; the moderator in all.
        for share in (1.0, 0.8, 0.5):
            inside = [people[0], *(person for person in people[1:] if self.rng.random() < share)]
            room_id = await in_database(partial(make_room, *inside))
            self.rooms.append(room_id)
            self.left[room_id] = {person.user_id for person in inside}
        self.members = [Member(person) for person in people]
        await asyncio.gather(*(self._enter(member) for member in self.members for _ in range(SOCKETS_EACH)))
        self.say(f"{PEOPLE * SOCKETS_EACH} sockets in {len(self.rooms)} rooms")

    async def _enter(self, member: Member) -> None:
        client = LiveClient(self.address, make_token(member.person.user_id))
        await client.__aenter__()
        heard = {}
        for room_id in self.rooms_of(member.person):
            heard[room_id] = await client.join_from_the_beginning(room_id)
        member.clients.append(client)
        member.rooms.append(heard)

    async def tear_down(self) -> None:
        """Stop everything that was started here."""
        await asyncio.gather(*(client.__aexit__() for member in self.members for client in member.clients))
        await self.http.aclose()
        for server in self.web:
            server.process.terminate()
        for server in [*self.web, *self.buried]:
            await asyncio.to_thread(server.process.wait, 20)
            server.log.close()

    # --- what the players need ---

    def address(self) -> str:
        """Where a socket is opened: at any server, as behind a balancer."""
        return f"ws://127.0.0.1:{random.choice(self.web).port}/ws"

    def rooms_of(self, person: Person) -> list[uuid.UUID]:
        """The rooms somebody is in."""
        return [room_id for room_id in self.rooms if person.user_id in self.left[room_id]]

    async def rest(self, person: Person, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Ask any server, until one has an answer that stands.

        Raises:
            FaultError: none has, for a long time.
        """
        headers["Authorization"] = f"Bearer {make_token(person.user_id)}"
        deadline, last = time.monotonic() + PATIENCE, "nothing"
        while time.monotonic() < deadline:
            url = f"http://127.0.0.1:{self.rng.choice(self.web).port}{path}"
            try:
                answer = await self.http.request(method, url, json=body, headers=headers)
            except httpx2.HTTPError as error:
                last = repr(error)
            else:
                if answer.status_code < 500:
                    return answer
                last = answer.text
                if answer.json()["code"] not in {"unavailable", "auth_unavailable"}:
                    raise FaultError(f"{method} {path}: {last}")
            await asyncio.sleep(0.1)
        raise FaultError(f"{method} {path} has no answer: {last}")

    def promised(self, message_id: Any, promise: Promise) -> None:
        """Note what was acknowledged; a second time it must be the same.

        Raises:
            FaultError: it is not.
        """
        before = self.promises.setdefault(uuid.UUID(str(message_id)), promise)
        if before.seq != promise.seq:
            raise FaultError(f"message {message_id} was acknowledged at {before.seq} and at {promise.seq}")


async def in_database(ask: Callable[[], T]) -> T:
    """Ask the database ourselves, again while it is away; what is asked may be done twice."""

    def patient() -> T:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except Error:
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            finally:
                close_old_connections()

    return await asyncio.to_thread(patient)


async def database_time() -> datetime:
    """The database's clock."""

    def now() -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            found: datetime = cursor.fetchone()[0]
            return found

    return await in_database(now)
