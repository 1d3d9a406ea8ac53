"""Actions that look for something: as the routes find it for routes, and in short for a model."""

from typing import Any

from accounts.callers import Caller
from accounts.shapes import AUTHOR_COLUMNS, USER_COLUMNS, user_shapes
from ai import hybrid, reads
from ai.query_vectors import query_vector
from ai.sentences import person_text
from ai.tools.actions import Ask, Done, Source
from ai.tools.schemas import Json
from events.shapes import EVENT_COLUMNS, event_shapes
from lifestring import rows
from lifestring.rendering import iso
from lifestring.rows import Row
from strings.shapes import STRING_COLUMNS, string_shapes

# So much of each text reaches a model, of at most so many things.
MAX_BRIEF = 400
MOST_BRIEF = 10

MAX_TITLE = 80

# A person's name is the last of their own columns, and the second of an author's.
_USER_ID, _OWN_NAME = USER_COLUMNS.index("user_id"), len(USER_COLUMNS) - 1
_ATTRIBUTES, _BIOGRAPHY = USER_COLUMNS.index("attributes"), USER_COLUMNS.index("biography")
_AUTHOR = STRING_COLUMNS.index(AUTHOR_COLUMNS[1])
_ORGANISER = EVENT_COLUMNS.index(AUTHOR_COLUMNS[1])


def search_users(ask: Ask) -> Done:
    """Find people by what they say of themselves."""
    found = _searched(ask, "people", reads.people, USER_COLUMNS, key=_USER_ID)
    briefs = [brief_person(row) for row in found[:MOST_BRIEF]]
    sources = [Source("user", row[_USER_ID], said["name"]) for row, said in zip(found, briefs, strict=False)]
    return _found("people", user_shapes(found, caller=ask.caller), briefs, sources)


def search_strings(ask: Ask) -> Done:
    """Find strings by their text."""
    found = _searched(ask, "strings", reads.strings, STRING_COLUMNS)
    briefs = [_brief_string(row) for row in found[:MOST_BRIEF]]
    sources = [Source("string", row[0], title(said["text"])) for row, said in zip(found, briefs, strict=False)]
    return _found("strings", string_shapes(found, caller=ask.caller, base=ask.base), briefs, sources)


def find_events(ask: Ask) -> Done:
    """List events, the next one first."""
    given = ask.values
    filters = (given["start_from"], given["start_to"], given["upcoming_only"])
    words = (given["location"] or None, given["query"] or None)
    found = rows.fetch(reads.next_events, (ask.caller, *filters, *words), EVENT_COLUMNS, limit=given["limit"])
    briefs = [_brief_event(row) for row in found[:MOST_BRIEF]]
    sources = [Source("event", row[0], title(said["title"])) for row, said in zip(found, briefs, strict=False)]
    return _found("events", event_shapes(found, base=ask.base, include=frozenset({"user"})), briefs, sources)


def about(caller: Caller, text: str, *, limit: int) -> dict[str, list[Json]]:
    """Return what a text may be about, in short: people, strings and events the caller may see, by what it means."""
    ask = Ask.to_read(caller, query=text, limit=limit)
    return {
        "person": [brief_person(row) for row in _searched(ask, "people", reads.people, USER_COLUMNS, key=_USER_ID)],
        "string": [_brief_string(row) for row in _searched(ask, "strings", reads.strings, STRING_COLUMNS)],
        "event": [_brief_event(row) for row in _searched(ask, "events", reads.events, EVENT_COLUMNS)],
    }


def brief(text: str | None, most: int = MAX_BRIEF) -> str:
    """Return the beginning of a text."""
    text = (text or "").strip()
    return text if len(text) <= most else f"{text[: most - 1]}…"


def title(text: str | None) -> str:
    """Return what something is called, in one short line."""
    return brief(" ".join((text or "").split()), MAX_TITLE)


def _searched(ask: Ask, kind: str, read: rows.Build, columns: tuple[Any, ...], *, key: int = 0) -> list[Row]:
    """What GET /search finds of a kind, in its order."""
    text = ask.values["query"]
    found = hybrid.search(ask.caller, text, types=(kind,), limit=ask.values["limit"], vector=query_vector(text))
    ids = tuple(one.id for one in found)
    by_id = {row[key]: row for row in rows.fetch(read, (ids, ask.caller), columns)} if ids else {}
    return [by_id[one] for one in ids if one in by_id]


def _found(kind: str, shapes: list[Any], briefs: list[Json], sources: list[Source]) -> Done:
    return Done(shapes, f"Found {len(shapes)}.", {kind: briefs}, tuple(sources))


def brief_person(row: Row) -> Json:
    """Return what a model hears of a person: what everybody may see, and of that only known keys."""
    said = brief(person_text(row[_ATTRIBUTES], row[_BIOGRAPHY]))
    return {"id": str(row[_USER_ID]), "name": title(row[_OWN_NAME]), "about": said}


def _brief_string(row: Row) -> Json:
    said = dict(zip(STRING_COLUMNS, row, strict=True))
    return {
        "id": str(row[0]),
        "text": brief(said["content_text"]),
        "author_id": str(row[1]),
        "author": title(row[_AUTHOR]),
        "created_at": iso(said["created_at"]),
    }


def _brief_event(row: Row) -> Json:
    said = dict(zip(EVENT_COLUMNS, row, strict=True))
    return {
        "id": str(row[0]),
        "title": title(said["title"]),
        "description": brief(said["description"]),
        "start_time": iso(said["start_time"]),
        "end_time": iso(said["end_time"]) if said["end_time"] else None,
        "location": title(said["location"]),
        "organiser_id": str(row[1]),
        "organiser": title(row[_ORGANISER]),
    }
