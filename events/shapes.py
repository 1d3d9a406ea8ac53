"""How events look in answers (docs/api.md, Resources): columns in, JSON objects out."""

import uuid
from typing import Any, TypedDict

from accounts.callers import Caller
from accounts.detailed_profiles import detailed_profiles_of
from accounts.shapes import AUTHOR_COLUMNS, PERSON_COLUMNS, author_shape
from events import reads
from lifestring import rows
from lifestring.expressions import TextKey
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
EVENT_INCLUDES = ("user",)
ATTENDEE_COLUMNS = ("user_id", "status", "created_at", "updated_at")
ANSWER_COLUMNS = ("answer", "answered_at", "changed_at", "place", "going", "capacity")
JOIN_COLUMNS = (
    "id",
    "user_id",
    "title",
    "description",
    "location",
    TextKey("meta_data", "duration"),
    "capacity",
    "going",
    TextKey("meta_data", "difficulty"),
    "tags",
    "is_joined",
    "match_score",
    "created_at",
    TextKey("author__contact_info", "name"),
    TextKey("author__attributes", "profile_photo"),
)


class AttendanceShape(TypedDict):
    """The caller's answer to an event; `status` is None where they gave none."""

    event_id: uuid.UUID
    user_id: uuid.UUID
    status: str | None
    waiting_place: int | None
    created_at: Any
    updated_at: Any
    current_participants: int
    max_participants: int | None


class JoinUserShape(TypedDict):
    """Who organises a join, in the flat form."""

    id: uuid.UUID
    name: str | None
    avatar: str | None


class JoinShape(TypedDict):
    """An event that looks for company, flat."""

    id: uuid.UUID
    user_id: uuid.UUID
    title: str
    description: str | None
    location: str | None
    duration: str | None
    max_participants: int | None
    current_participants: int
    difficulty: str | None
    tags: Any
    is_joined: bool
    match_score: Any
    created_at: Any
    user: JoinUserShape


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


def event_shape_for(event_id: uuid.UUID, *, base: str, include: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """Read and shape one event, or None where there is none."""
    found = rows.fetch(reads.one, (event_id,), EVENT_COLUMNS)
    return event_shapes(found, base=base, include=include)[0] if found else None


def attendee_shapes(found: list[Row]) -> list[dict[str, Any]]:
    """Shape rows of `ATTENDEE_COLUMNS`; who they are costs one query for the whole page."""
    ids = tuple(row[0] for row in found)
    people = {row[0]: row[1:] for row in rows.fetch(reads.profiles, (ids,), PERSON_COLUMNS)} if ids else {}
    nobody = (None, None, None, None)
    return [
        {
            "user_id": row[0],
            "status": row[1],
            "created_at": row[2],
            "updated_at": row[3],
            "user": author_shape(row[0], people.get(row[0], nobody)),
        }
        for row in found
    ]


def attendance_shape_for(event_id: uuid.UUID, caller: Caller) -> AttendanceShape | None:
    """Read and shape the caller's answer to an event, or None where there is no such event."""
    found = rows.fetch(reads.answer_of, (event_id, caller), ANSWER_COLUMNS)
    if not found:
        return None
    status, created_at, updated_at, place, going, capacity = found[0]
    return {
        "event_id": event_id,
        "user_id": caller.user_id,
        "status": status,
        "waiting_place": place,
        "created_at": created_at,
        "updated_at": updated_at,
        "current_participants": going,
        "max_participants": capacity,
    }


def join_shapes(found: list[Row]) -> list[JoinShape]:
    """Shape rows of `JOIN_COLUMNS`; photos of people without one in their profile cost a query or two."""
    lacking = {row[1] for row in found if not row[14]}
    photos = {user_id: other.profile_photo for user_id, other in detailed_profiles_of(lacking).items()}
    return [_join_shape(row, row[14] or photos.get(row[1]) or None) for row in found]


def _join_shape(row: Row, avatar: str | None) -> JoinShape:
    return {
        "id": row[0],
        "user_id": row[1],
        "title": row[2],
        "description": row[3],
        "location": row[4],
        "duration": row[5],
        "max_participants": row[6],
        "current_participants": row[7],
        "difficulty": row[8],
        "tags": json_text(row[9]),
        "is_joined": row[10],
        "match_score": row[11],
        "created_at": row[12],
        "user": {"id": row[1], "name": row[13], "avatar": avatar},
    }


def join_shape_for(event_id: uuid.UUID, caller: Caller) -> JoinShape | None:
    """Read and shape one join, or None where there is none."""
    found = rows.fetch(reads.one_join, (event_id, caller), JOIN_COLUMNS)
    return join_shapes(found)[0] if found else None
