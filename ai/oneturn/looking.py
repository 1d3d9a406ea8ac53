"""What a person asked to see, read from the database and never taken from a model."""

import uuid
from collections.abc import Iterable
from typing import Any, TypedDict

from accounts.callers import Caller
from ai import reads
from ai.assistant.sources import SourceShape
from ai.shapes import people_by_id
from ai.tools.actions import Ask
from ai.tools.finding import search_users
from chat.columns import ROOM_COLUMNS
from chat.shapes import room_shapes
from events import reads as event_reads
from events.shapes import JOIN_COLUMNS, join_shapes
from lifestring import rows

MOST_SHOWN = 5


class Shown(TypedDict):
    """Things beside an answer, each in the shape of its own routes."""

    joins: list[Any]
    groupChats: list[Any]
    people: list[Any]


def nothing() -> Shown:
    """Return what is shown to whoever asked for nothing."""
    return {"joins": [], "groupChats": [], "people": []}


def referred_to(caller: Caller, sources: Iterable[SourceShape]) -> Shown:
    """Return the people and joins that an answer refers to."""
    ids: dict[str, tuple[uuid.UUID, ...]] = {
        kind: tuple(source["id"] for source in sources if source["type"] == kind)[:MOST_SHOWN]
        for kind in ("user", "event")
    }
    shown = nothing()
    if people := ids["user"]:
        by_id = people_by_id(people, caller)
        shown["people"] = [by_id[one] for one in people if one in by_id]
    if events := ids["event"]:
        shown["joins"] = join_shapes(rows.fetch(reads.joins, (events, caller), JOIN_COLUMNS))
    return shown


def looked_up(caller: Caller, wanted: dict[str, str], *, base: str) -> Shown:
    """Return what there is to what was asked for, as far as the caller may see it.

    Args:
        caller: who asks.
        wanted: words by kind: `joins`, `group_chats` (the caller's own rooms), `people`.
        base: scheme and host for links.
    """
    shown = nothing()
    if words := wanted.get("joins"):
        found = rows.fetch(event_reads.joins_page, (caller, None, None, words), JOIN_COLUMNS, limit=MOST_SHOWN)
        shown["joins"] = join_shapes(found)
    if words := wanted.get("group_chats"):
        found = rows.fetch(reads.rooms_named, (caller, words), ROOM_COLUMNS, limit=MOST_SHOWN)
        shown["groupChats"] = room_shapes(found, base=base, counts=frozenset({"participants"}))
    if words := wanted.get("people"):
        shown["people"] = search_users(Ask.to_read(caller, base, query=words, limit=MOST_SHOWN)).data
    return shown
