"""What is shown of a row that a search found: the texts its document is made of (lifestring/search/documents.py)."""

import json
from typing import Any

from accounts.shapes import USER_COLUMNS
from events.shapes import EVENT_COLUMNS
from lifestring.rows import Row
from lifestring.search.documents import MAX_JSON_BYTES, MAX_NESTING
from strings.shapes import STRING_COLUMNS

_NAME = len(USER_COLUMNS) - 1
_BIOGRAPHY, _ATTRIBUTES = USER_COLUMNS.index("biography"), USER_COLUMNS.index("attributes")
_CONTENT = STRING_COLUMNS.index("content_text")
_EVENT = [EVENT_COLUMNS.index(name) for name in ("title", "description", "location")]


def string_texts(row: Row) -> list[str]:
    """Return the texts of a row of `STRING_COLUMNS`."""
    return [row[_CONTENT] or ""]


def event_texts(row: Row) -> list[str]:
    """Return the texts of a row of `EVENT_COLUMNS`."""
    return [row[place] or "" for place in _EVENT]


def user_texts(row: Row) -> list[str]:
    """Return the texts of a row of `USER_COLUMNS`; contact data is none of them."""
    return [row[_NAME] or "", *_texts_in(row[_BIOGRAPHY]), *_texts_in(row[_ATTRIBUTES])]


def _texts_in(written: str | None) -> list[str]:
    """The texts among the values of a JSONB column, as deep as they are searched."""
    if written is None or len(written) > MAX_JSON_BYTES:
        return []
    try:
        level = [json.loads(written)]
    except (RecursionError, ValueError):
        return []  # nested, or with numbers, beyond what Python reads
    texts: list[str] = []
    for _ in range(MAX_NESTING + 1):
        texts += [value for value in level if isinstance(value, str)]
        level = [child for value in level for child in _children(value)]
    return texts


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
