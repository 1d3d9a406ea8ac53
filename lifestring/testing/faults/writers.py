"""What is written during a row of the fault matrix, and read of it; one kind each."""

import asyncio
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

from ai.models import StringEmbedding
from lifestring.testing.faults.load import AwayError, Clients, Kind, Step, expect, hold
from lifestring.testing.faults.watching import in_thread
from lifestring.testing.faults.world import SCHEDULER_LOCK

PLACES = 2
START = datetime(2030, 1, 1, tzinfo=UTC).isoformat()
# A scheduler that is well prolongs its lock of ten seconds every five.
PROLONGED_MS = 4_000
JOB_SECONDS = 4.0


class Writers:
    """Those who write, and read what they wrote."""

    def __init__(self, clients: Clients) -> None:
        self.clients, self.books, self.rng = clients, clients.books, clients.rng
        # Not answered yet: the same again, under the same key.
        self._open: dict[str, tuple[uuid.UUID, str, str, str]] = {}
        self._count = 0
        self._pairs = deque((one, other) for one in self.books.people for other in self.books.people if one < other)
        self._asked: set[tuple[uuid.UUID, uuid.UUID]] = set()
        self._tried_likes: set[tuple[uuid.UUID, uuid.UUID]] = set()

    def kinds(self) -> list[Kind]:
        """Everything they do."""
        steps: dict[str, Step] = {
            "strings": self.string,
            "likes": self.like,
            "comments": self.comment,
            "messages": self.message,
            "joins": self.join,
            "connections": self.connection,
            "reading": self.read,
        }
        return [Kind(name, step) for name, step in steps.items()]

    def _text(self, name: str) -> str:
        self._count += 1
        return f"{name}{self._count}x{self.rng.randrange(10**9)}"

    async def _once(self, name: str, path: str, field: str) -> tuple[uuid.UUID, str, str, Any]:
        """Create something until it is answered, sometimes twice; returns who, where, the text and what is answered."""
        if name not in self._open:
            self._open[name] = (self.clients.person(), path, self._text(name), uuid.uuid4().hex)
        person, path, text, key = self._open[name]
        said = expect(await self.clients.ask(person, "POST", path, {field: text}, key=key), 201)["data"]
        hold(said[field] == text, f"{name}: {text} came back as {said[field]}")
        if self.rng.random() < 0.15:
            again = expect(await self.clients.ask(person, "POST", path, {field: text}, key=key), 201)["data"]
            hold(again["id"] == said["id"], f"{name}: the same key made {said['id']} and {again['id']}")
        del self._open[name]
        return person, path, text, said

    def _some_string(self) -> uuid.UUID:
        if not self.books.strings:
            raise AwayError("there is no string yet")
        return self.rng.choice(list(self.books.strings)[-20:])

    async def string(self) -> None:
        """Post something, and find it."""
        person, _, text, said = await self._once("string", "/strings", "content_text")
        self.books.strings[uuid.UUID(said["id"])] = text
        found = expect(await self.clients.ask(person, "GET", f"/strings/{said['id']}"), 200)["data"]
        hold(found["content_text"] == text, f"string {said['id']} reads {found['content_text']}")

    async def like(self) -> None:
        """Like something; twice is once."""
        string_id, person = self._some_string(), self.clients.person()
        self._tried_likes.add((string_id, person))
        said = expect(await self.clients.ask(person, "PUT", f"/strings/{string_id}/like"), 200)
        self.books.likes.add((string_id, person))
        tried = sum(liked == string_id for liked, _ in self._tried_likes)
        hold(1 <= said["likes_count"] <= tried, f"{said['likes_count']} likes of {string_id}, which {tried} liked")

    async def comment(self) -> None:
        """Comment on something."""
        _, path, text, said = await self._once("comment", f"/strings/{self._some_string()}/comments", "content")
        self.books.comments[uuid.UUID(said["id"])] = (uuid.UUID(path.split("/")[2]), text)

    async def message(self) -> None:
        """Say something in the room, and find it there."""
        person, path, text, said = await self._once("message", f"/rooms/{self.books.room_id}/messages", "content")
        self.books.messages[uuid.UUID(said["id"])] = (said.get("seq"), text)
        found = expect(await self.clients.ask(person, "GET", f"{path}/{said['id']}"), 200)["data"]
        hold(found["content"] == text, f"message {said['id']} reads {found['content']}")

    async def join(self) -> None:
        """Go somewhere; who comes too late is told so."""
        taken = {event: sum(joined == event for joined, _ in self.books.joins) for event in self.books.places}
        event = next((event for event, count in taken.items() if count < PLACES), None)
        if event is None:
            body = {"title": "Chess", "start_time": START, "meta_data": {"max_participants": PLACES}}
            made = expect(await self.clients.ask(self.books.people[0], "POST", "/events", body), 201)["data"]
            event = uuid.UUID(made["id"])
            self.books.places[event] = PLACES
        # More than there is room for, at once.
        people = self.rng.sample(self.books.people, PLACES + 1)
        asked = (self.clients.ask(one, "PUT", f"/events/{event}/attendance", {"status": "going"}) for one in people)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for person, answer in zip(people, answers, strict=True):
            if not isinstance(answer, BaseException) and answer.status_code == 200:
                self.books.joins.add((event, person))
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            said = expect(answer, 200, 422)
            hold(answer.status_code == 200 or said["code"] == "full", f"event {event}: {answer.text[:200]}")

    async def connection(self) -> None:
        """Ask somebody to connect; what was not answered is looked at before it is asked again."""
        if not self._pairs:
            return
        pair = self._pairs[0]
        path = f"/connections/{pair[1]}"
        if pair in self._asked and (await self.clients.ask(pair[0], "GET", path)).status_code == 200:
            self.books.connections.add(self._pairs.popleft())
            return
        self._asked.add(pair)
        answer = await self.clients.ask(pair[0], "POST", "/connections", {"receiver_id": str(pair[1])})
        # 422: an earlier request, given up by us, has come through since.
        expect(answer, 201, 422)
        if answer.status_code == 201:
            self.books.connections.add(self._pairs.popleft())

    async def read(self) -> None:
        """Read a string with its comments: what was acknowledged before is there."""
        string_id, person = self._some_string(), self.clients.person()
        likes = sum(liked == string_id for liked, _ in self.books.likes)
        comments = {str(id_) for id_, (on, _) in self.books.comments.items() if on == string_id}
        path = f"/strings/{string_id}"
        said = expect(await self.clients.ask(person, "GET", path), 200)["data"]
        hold(said["content_text"] == self.books.strings[string_id], f"string {string_id} reads {said['content_text']}")
        hold(said["likes_count"] >= likes, f"string {string_id} has lost likes: {said['likes_count']} of {likes}")
        found = expect(await self.clients.ask(person, "GET", f"{path}/comments?per_page=100"), 200)["data"]
        missing = comments - {comment["id"] for comment in found}
        hold(not missing, f"string {string_id} has lost comments: {sorted(missing)}")


class Watchers:
    """Those who sign in, look for things, ask the model, try what must not work, and look after jobs."""

    def __init__(self, clients: Clients, stranger: uuid.UUID) -> None:
        self.clients, self.books, self.rng = clients, clients.books, clients.rng
        self.stranger = stranger
        self._job: tuple[uuid.UUID, float] | None = None

    def kinds(self) -> list[Kind]:
        """Everything they do."""
        steps: dict[str, Step] = {
            "refusals": self.refusal,
            "search": self.search,
            "signing in": self.sign_in,
            "assistant": self.assistant,
            "worker": self.job,
            "scheduler": self.scheduler,
        }
        return [Kind(name, step) for name, step in steps.items()]

    async def refusal(self) -> None:
        """Try a forged token, an expired one, and a room one is not in."""
        clients, person = self.clients, self.clients.person()
        signer = clients.world.outside.signer
        forged, expired = signer.token(person, key=clients.forged), signer.token(person, age=2 * 3600)
        for token in (forged, expired):
            expect(await clients.ask(person, "GET", "/me", token=token), 401)
        answer = await clients.ask(
            person, "GET", f"/rooms/{self.books.room_id}/messages", token=signer.token(self.stranger)
        )
        expect(answer, 403, 404)

    async def search(self) -> None:
        """Find a string by its only word, however the model does."""
        if not self.books.strings:
            raise AwayError("there is no string yet")
        string_id = self.rng.choice(list(self.books.strings))
        path = f"/search?type=strings&q={self.books.strings[string_id]}"
        said = expect(await self.clients.ask(self.clients.person(), "GET", path), 200)["data"]
        ids = [string["id"] for string in said["strings"]]
        hold(str(string_id) in ids, f"a search for {self.books.strings[string_id]} finds {ids}")

    async def sign_in(self) -> None:
        """Sign in, and be who one is."""
        person = self.clients.person()
        body = {"email": f"{person}@lifestring.example", "password": "a good password"}
        session = expect(await self.clients.ask(person, "POST", "/auth/login", body), 200)
        said = expect(await self.clients.ask(person, "GET", "/me", token=session["access_token"]), 200)["data"]
        hold(said["user_id"] == str(person), f"{person} is taken for {said['user_id']}")

    async def assistant(self) -> None:
        """Ask the model something, and get its whole answer."""
        body = {"message": "What is there to do today?"}
        said = expect(await self.clients.ask(self.clients.person(), "POST", "/ai/lifestring-chat", body), 200)
        hold(body["message"] in said["message"], f"the assistant says {said['message'][:200]}")

    async def job(self) -> None:
        """See the newest string get its vector from the worker."""
        if not self.books.strings:
            raise AwayError("there is no string yet")
        string_id, deadline = next(reversed(self.books.strings)), time.monotonic() + JOB_SECONDS
        while not await in_thread(StringEmbedding.objects.filter(string_id=string_id).exists):
            if time.monotonic() > deadline:
                raise AwayError(f"string {string_id} has no vector yet")
            await asyncio.sleep(0.1)

    async def scheduler(self) -> None:
        """See that a scheduler lives."""
        redis, dead = self.clients.world.redis, self.clients.world.dead_locks

        def left() -> int:
            lock = redis.get(SCHEDULER_LOCK)
            return 0 if lock in dead else int(redis.pttl(SCHEDULER_LOCK))

        if await in_thread(left) < PROLONGED_MS:
            raise AwayError("no scheduler holds its lock")
