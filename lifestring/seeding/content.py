"""The demo world's content, read from `content/*.json` and checked for names that do not exist."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "content"
MAIL_DOMAIN = "lifestring.example"
Json = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """What the demo world says, by the short names of its people.

    `people` maps a short name to what the profile holds; `strings` to that person's posts, a post being {about, text,
    images?, to?: {event}, comments?} and a comment [author, text, replies?]. `connections` maps a status to pairs of
    requester and receiver. `remarks` fit below any post, and `answers` below any remark.
    """

    people: dict[str, Json]
    connections: dict[str, list[tuple[str, str]]]
    strings: dict[str, list[Json]]
    remarks: list[str]
    answers: list[str]
    rooms: list[Json]
    events: list[Json]

    @property
    def blocked(self) -> set[frozenset[str]]:
        """Pairs between whom nothing may happen, in either direction."""
        return {frozenset(pair) for pair in self.connections["blocked"]}

    @property
    def connected(self) -> set[frozenset[str]]:
        """Pairs who accepted each other."""
        return {frozenset(pair) for pair in self.connections["accepted"]}


def email_of(name: str) -> str:
    """The sign-in address of a person of the demo world."""
    return f"{name}@{MAIL_DOMAIN}"


def load_content() -> Content:
    """Read the demo world's content."""
    replies = _read("replies")
    connections = {status: [(pair[0], pair[1]) for pair in pairs] for status, pairs in _read("connections").items()}
    return Content(
        people=_read("people"),
        connections=connections,
        strings={**_read("strings_1"), **_read("strings_2")},
        remarks=replies["remarks"],
        answers=replies["answers"],
        rooms=_read("rooms"),
        events=_read("events"),
    )


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
