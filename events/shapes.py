"""How events look in answers (docs/api.md, Resources): columns in, JSON objects out."""

from typing import Any

from accounts.shapes import AUTHOR_COLUMNS, author_shape
from lifestring.rendering import json_text
from lifestring.rows import Row

EVENT_COLUMNS = (
    "id",
    "user_id",
    "title",
    "description",
    "start_time",
    "end_time",
    "location",
    "meta_data",
    "custom_fields",
    "created_at",
    *AUTHOR_COLUMNS,
)


def event_shapes(found: list[Row], *, base: str, include: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Shape rows of `EVENT_COLUMNS`; the organiser only where `user` is included."""
    return [_event_shape(row, base, with_user="user" in include) for row in found]


def _event_shape(row: Row, base: str, *, with_user: bool) -> dict[str, Any]:
    shape = dict(zip(EVENT_COLUMNS[:10], row, strict=False))
    shape["meta_data"] = json_text(row[7])
    shape["custom_fields"] = json_text(row[8])
    shape["links"] = {"self": f"{base}/api/events/{row[0]}"}
    if with_user:
        shape["user"] = author_shape(row[1], row[10:14])
    return shape
