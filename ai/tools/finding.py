"""Actions that look for something: as the routes find it for routes, and in short for a model."""

import uuid
from collections.abc import Sequence
from typing import Any

from accounts.callers import Caller
from accounts.shapes import USER_COLUMNS, user_shapes
from ai import hybrid, reads
from ai.assistant.sources import Source
from ai.assistant.things import Ref, things
from ai.query_vectors import query_vector
from ai.tools.actions import Ask, Done
from ai.tools.schemas import Json
from events.shapes import EVENT_COLUMNS, event_shapes
from lifestring import rows
from lifestring.rows import Row
from strings.shapes import STRING_COLUMNS, string_shapes

# A model is told of so many things at most.
MOST_BRIEF = 10
MAX_TITLE = 80

_USER_ID = USER_COLUMNS.index("user_id")


def search_users(ask: Ask) -> Done:
    """Find people by what they say of themselves."""
    found = _searched(ask, "people", reads.people, USER_COLUMNS, key=_USER_ID)
    refs = [("user", row[_USER_ID]) for row in found]
    return _found(ask.caller, "people", user_shapes(found, caller=ask.caller), refs)


def search_strings(ask: Ask) -> Done:
    """Find strings by their text."""
    found = _searched(ask, "strings", reads.strings, STRING_COLUMNS)
    shapes = string_shapes(found, caller=ask.caller, base=ask.base)
    return _found(ask.caller, "strings", shapes, [("string", row[0]) for row in found])


def find_events(ask: Ask) -> Done:
    """List events, the next one first."""
    given = ask.values
    filters = (given["start_from"], given["start_to"], given["upcoming_only"])
    words = (given["location"] or None, given["query"] or None)
    found = rows.fetch(reads.next_events, (ask.caller, *filters, *words), EVENT_COLUMNS, limit=given["limit"])
    shapes = event_shapes(found, base=ask.base, include=frozenset({"user"}))
    return _found(ask.caller, "events", shapes, [("event", row[0]) for row in found])


def title(text: str | None) -> str:
    """Return what something is called, in one short line."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= MAX_TITLE else f"{flat[: MAX_TITLE - 1].rstrip()}…"


def passages(caller: Caller, refs: Sequence[Ref]) -> tuple[list[Json], list[Source]]:
    """Return what a model is told of these, in their order, and what it may refer to; plain JSON."""
    known = things(caller, refs)
    there = [(ref, known[ref]) for ref in dict.fromkeys(refs) if ref in known]
    told = [{"type": ref[0], "id": str(ref[1]), **thing.passage} for ref, thing in there]
    return told, [Source(*ref, thing.title) for ref, thing in there]


def _searched(ask: Ask, kind: str, read: rows.Build, columns: tuple[Any, ...], *, key: int = 0) -> list[Row]:
    """What GET /search finds of a kind, in its order."""
    text = ask.values["query"]
    found = hybrid.search(ask.caller, text, types=(kind,), limit=ask.values["limit"], vector=query_vector(text))
    ids: tuple[uuid.UUID, ...] = tuple(one.id for one in found)
    by_id = {row[key]: row for row in rows.fetch(read, (ids, ask.caller), columns)} if ids else {}
    return [by_id[one] for one in ids if one in by_id]


def _found(caller: Caller, kind: str, shapes: list[Any], refs: Sequence[Ref]) -> Done:
    told, sources = passages(caller, refs[:MOST_BRIEF])
    return Done(shapes, f"Found {len(shapes)}.", {kind: told}, tuple(sources))
