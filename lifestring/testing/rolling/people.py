"""Who uses the product meanwhile: over REST, over sockets, with the assistant; each notes what it was promised."""

import asyncio
import json
import random
import uuid
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2

from lifestring.testing.chaos.stage import in_database
from lifestring.testing.live import LiveClient, Room
from lifestring.testing.people import Person, make_person, make_token
from lifestring.testing.rooms import make_room

PAUSES = (0.1, 0.5)


@dataclass(frozen=True)
class Size:
    """How much goes on.

    Args:
        rooms: with `people_each` people, of whom each has `sockets_each` sockets.
        writers: people who write over REST, and as many who speak on their sockets.
        streams: people who ask the assistant, one question after the other.
        web: web processes.
        rounds: how often every web process is replaced.
    """

    rooms: int
    people_each: int
    sockets_each: int
    writers: int
    streams: int
    web: int
    rounds: int


@dataclass
class Stream:
    """One answer of the assistant: its room, the question's message, how many pieces came, and how it ended."""

    room_id: uuid.UUID
    question_id: str = ""
    pieces: list[str] = field(default_factory=list)
    end: str = "nothing"


class Crowd:
    """All of them.

    Args:
        address: of the balancer, `host:port`.
        size: how many.
    """

    def __init__(self, address: str, size: Size) -> None:
        self.size = size
        self.over = False
        self.http = httpx2.AsyncClient(
            base_url=f"http://{address}", timeout=30, limits=httpx2.Limits(max_connections=None)
        )
        self.requests = Counter[str]()
        self.failures: list[str] = []
        self.said: dict[uuid.UUID, tuple[uuid.UUID, int]] = {}
        self.strings: dict[str, str] = {}
        self.streams: list[Stream] = []
        self.sockets: list[tuple[LiveClient, uuid.UUID, Room]] = []
        self._url = f"ws://{address}/ws"
        self._people: list[tuple[Person, uuid.UUID]] = []
        self._asking: list[tuple[Person, uuid.UUID]] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def come(self) -> None:
        """Make the people and rooms, connect the sockets, and begin."""
        for number in range(self.size.rooms):
            names = [f"R{number}P{n}" for n in range(self.size.people_each)]
            people = [await in_database(partial(make_person, name)) for name in names]
            room_id = await in_database(partial(make_room, *people))
            self._people += [(person, room_id) for person in people]
        everybody = [(person, room) for person, room in self._people for _ in range(self.size.sockets_each)]
        for at in range(0, len(everybody), 20):
            await asyncio.gather(*(self._connect(*one) for one in everybody[at : at + 20]))
        for person, _ in self._people[: self.size.streams]:
            answer = await self._request(person, "POST", "/api/ai/chat", {"context_enabled": False})
            self._asking.append((person, uuid.UUID(answer["room_id"])))
        work: list[Coroutine[Any, Any, None]] = []
        for number in range(self.size.writers):
            # In another room each, as long as there are rooms.
            at = number * self.size.people_each % len(self._people)
            work += [self._write(*self._people[at]), self._speak(*self.sockets[at * self.size.sockets_each][:2])]
        work += [self._ask(*one) for one in self._asking]
        self._tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        """Let everybody finish what they are at."""
        self.over = True
        async with asyncio.timeout(60):
            await asyncio.gather(*self._tasks)

    async def leave(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(client.__aexit__() for client, _, _ in self.sockets))
        await self.http.aclose()

    # --- what each does ---

    async def _connect(self, person: Person, room_id: uuid.UUID) -> None:
        client = await LiveClient(self._url, make_token(person.user_id)).__aenter__()
        self.sockets.append((client, room_id, await client.join_from_the_beginning(room_id)))

    async def _request(self, person: Person, method: str, path: str, body: Any = None) -> Any:
        """One request, sent once: whatever is not a success is a failure."""
        headers = {"Authorization": f"Bearer {make_token(person.user_id)}", "Idempotency-Key": uuid.uuid4().hex}
        self.requests[f"{method} {path.replace('/api/rooms/', ' ').split()[0]}"] += 1
        try:
            answer = await self.http.request(method, path, json=body, headers=headers)
        except httpx2.HTTPError as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return None
        if not answer.is_success:
            self.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer.json()

    async def _write(self, person: Person, room_id: uuid.UUID) -> None:
        while not self.over:
            text = f"{uuid.uuid4()} over REST"
            if answer := await self._request(person, "POST", f"/api/rooms/{room_id}/messages", {"content": text}):
                self.said[uuid.UUID(answer["data"]["id"])] = (room_id, answer["data"]["seq"])
            text = f"{uuid.uuid4()} for all to see"
            if answer := await self._request(person, "POST", "/api/strings", {"content_text": text}):
                self.strings[text] = answer["data"]["id"]
            await self._request(person, "GET", "/api/strings")
            await asyncio.sleep(random.uniform(*PAUSES))

    async def _speak(self, client: LiveClient, room_id: uuid.UUID) -> None:
        while not self.over:
            message_id = uuid.uuid4()
            answer = await client.say(room_id, f"{message_id} by socket", str(message_id))
            if answer["type"] == "ok":
                self.said[message_id] = (room_id, answer["seq"])
            else:
                self.failures.append(f"message.send: {answer}")
            await asyncio.sleep(random.uniform(*PAUSES))

    async def _ask(self, person: Person, room_id: uuid.UUID) -> None:
        while not self.over:
            stream = Stream(room_id)
            self.streams.append(stream)
            headers = {"Authorization": f"Bearer {make_token(person.user_id)}"}
            try:
                await self._listen(stream, headers)
            except httpx2.HTTPError as error:
                stream.end = repr(error)
            await asyncio.sleep(random.uniform(*PAUSES))

    async def _listen(self, stream: Stream, headers: dict[str, str]) -> None:
        path, body = f"/api/ai/chat/{stream.room_id}/stream", {"content": "Tell me something"}
        async with self.http.stream("POST", path, json=body, headers=headers) as answer:
            if not answer.is_success:
                stream.end = f"{answer.status_code} {(await answer.aread())[:200]!r}"
                return
            async for line in answer.aiter_lines():
                if not line.startswith("data: "):
                    continue
                event = json.loads(line[6:])
                if event["type"] == "start":
                    stream.question_id = event["user_message"]["id"]
                elif event["type"] == "token":
                    stream.pieces.append(event["content"])
                else:
                    stream.end = event.get("code", event["type"])
