"""What people do, how often, and the request each of it is. Nothing but the standard library: Locust runs it too."""

import json
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# In percent; what there is one of stands in docs/performance.md, Load.
MIX = {
    "feed": 50,
    "profile": 10,
    "like": 10,
    "comment": 10,
    "message": 10,
    "post": 5,
    "search": 3,
    "assistant": 2,
}
# Whoever reads the feed goes on to its next page so often.
READS_ON = 0.4
# So many things somebody has seen can be liked, answered or looked up.
SEEN = 60
WORDS = (
    *("people", "morning", "river", "music", "question", "garden", "letters", "mountain", "kitchen", "winter"),
    *("listen", "courage", "honest", "afraid", "travel", "memory", "silence", "friends", "painting", "climbing"),
)


@dataclass(frozen=True)
class Request:
    """One request; `kind` is its name in `MIX`, `route` the row of the table it counts in."""

    kind: str
    method: str
    route: str
    path: str
    body: dict[str, Any] | None = None


@dataclass
class Person:
    """Somebody who is about to do something.

    Args:
        token: their access token.
        rooms: ids of rooms they are in.
        chance: makes every choice.
        seen: string and author of what they read in the feed.
        next_page: where the feed goes on, empty at its end.
    """

    token: str
    rooms: list[str]
    chance: random.Random
    seen: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=SEEN))
    next_page: str = ""

    def next_request(self) -> Request:
        """Choose what to do next; nobody likes or answers before they have read anything, or speaks without a room."""
        kind = self.chance.choices(list(MIX), list(MIX.values()))[0]
        if not self.seen or (kind == "message" and not self.rooms):
            kind = "feed"
        return MAKERS[kind](self)

    def has_read(self, body: bytes) -> None:
        """Take in a page of the feed."""
        answer = json.loads(body)
        self.next_page = answer["meta"]["next_cursor"] or ""
        self.seen.extend((row["id"], row["user_id"]) for row in answer["data"] if row["user"])

    def says(self, words: int = 8) -> str:
        """Something to write."""
        return " ".join(self.chance.choices(WORDS, k=words))

    def something_seen(self) -> str:
        """The id of a string they read."""
        return self.chance.choice(self.seen)[0]


def _feed(person: Person) -> Request:
    cursor = person.next_page if person.chance.random() < READS_ON else ""
    return Request("feed", "GET", "GET /strings", f"/api/strings?cursor={cursor}")


def _profile(person: Person) -> Request:
    return Request("profile", "GET", "GET /users/{id}", f"/api/users/{person.chance.choice(person.seen)[1]}")


def _like(person: Person) -> Request:
    return Request("like", "PUT", "PUT /strings/{id}/like", f"/api/strings/{person.something_seen()}/like")


def _comment(person: Person) -> Request:
    path = f"/api/strings/{person.something_seen()}/comments"
    return Request("comment", "POST", "POST /strings/{id}/comments", path, {"content": person.says()})


def _message(person: Person) -> Request:
    path = f"/api/rooms/{person.chance.choice(person.rooms)}/messages"
    return Request("message", "POST", "POST /rooms/{id}/messages", path, {"content": person.says()})


def _post(person: Person) -> Request:
    return Request("post", "POST", "POST /strings", "/api/strings", {"content_text": person.says(30)})


def _search(person: Person) -> Request:
    return Request("search", "GET", "GET /search", f"/api/search?q={person.chance.choice(WORDS)}")


def _assistant(person: Person) -> Request:
    path = "/api/ai/lifestring-chat"
    return Request("assistant", "POST", "POST /ai/lifestring-chat", path, {"message": f"Who likes {person.says(2)}?"})


MAKERS: dict[str, Callable[[Person], Request]] = {
    "feed": _feed,
    "profile": _profile,
    "like": _like,
    "comment": _comment,
    "message": _message,
    "post": _post,
    "search": _search,
    "assistant": _assistant,
}
