"""Strings, people and events as the assistant may tell somebody of them: only what that person may see now."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from accounts.callers import Caller
from ai import reads
from ai.sentences import person_text
from lifestring import rows
from lifestring.expressions import TextKey
from lifestring.rendering import iso
from lifestring.rows import Row

MAX_TITLE = 80
MAX_TEXT = 600
# Kept SQL is kept by how many ids there are.
ROUND = 10

Ref = tuple[str, uuid.UUID]


class Thing(NamedTuple):
    """One of them.

    Args:
        owner: whose it is, or who it is.
        title: what it is called.
        passage: what a model is told of it.
    """

    owner: uuid.UUID
    title: str
    passage: dict[str, Any]


class _Kind(NamedTuple):
    read: rows.Build
    columns: tuple[Any, ...]
    thing: Callable[[Row], Thing]


def _string(row: Row) -> Thing:
    text = (row[2] or "").strip()
    return Thing(row[1], _cut(text, MAX_TITLE) or "A picture", {"by": row[3], "text": _cut(text, MAX_TEXT)})


def _person(row: Row) -> Thing:
    about = person_text(row[2], row[3])
    return Thing(row[0], _cut(row[1] or "", MAX_TITLE) or "Somebody", {"name": row[1], "about": _cut(about, MAX_TEXT)})


def _event(row: Row) -> Thing:
    title, place, description = ((row[at] or "").strip() for at in (2, 4, 5))
    told = {"title": title, "starts": iso(row[3]), "where": place, "about": _cut(description, MAX_TEXT)}
    return Thing(row[1], _cut(title, MAX_TITLE) or "An event", told)


_STRINGS = ("id", "user_id", "content_text", TextKey("author__contact_info", "name"))
_PEOPLE = ("user_id", TextKey("contact_info", "name"), "attributes", "biography")
_EVENTS = ("id", "user_id", "title", "start_time", "location", "description")
_KINDS = {
    "string": _Kind(reads.strings, _STRINGS, _string),
    "user": _Kind(reads.people, _PEOPLE, _person),
    "event": _Kind(reads.events, _EVENTS, _event),
}


def things(caller: Caller, refs: Sequence[Ref]) -> dict[Ref, Thing]:
    """Read what of these is there for somebody, without things of people a block stands between or who are suspended.

    Args:
        caller: who is to hear of them.
        refs: by type (`string`, `user`, `event`) and id; anything else is left out.
    """
    found: dict[Ref, Thing] = {}
    for name, kind in _KINDS.items():
        if ids := tuple(dict.fromkeys(id_ for type_, id_ in refs if type_ == name)):
            for row in rows.fetch(kind.read, (_rounded(ids), caller), kind.columns):
                found[name, row[0]] = kind.thing(row)
    if not found:
        return {}
    owners = tuple(dict.fromkeys(thing.owner for thing in found.values()))
    suspended = {row[0] for row in rows.fetch(reads.suspended, (_rounded(owners),), ("user_id",))}
    return {ref: thing for ref, thing in found.items() if thing.owner not in suspended}


def _cut(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def _rounded(ids: tuple[uuid.UUID, ...]) -> tuple[uuid.UUID, ...]:
    return ids + ids[:1] * (-len(ids) % ROUND)
