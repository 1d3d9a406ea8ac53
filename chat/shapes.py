"""How rooms and messages look in answers (docs/api.md, Resources): columns in, JSON objects out."""

import uuid
from collections import defaultdict
from typing import Any, NotRequired, TypedDict

from accounts.callers import Caller
from accounts.shapes import AuthorShape, author_shape
from chat import reads
from chat.columns import COUNT_COLUMNS, MESSAGE_COLUMNS, PARTICIPANT_COLUMNS, ROOM_COLUMNS
from lifestring import rows
from lifestring.rendering import json_text
from lifestring.rows import Row

ROOM_INCLUDES = ("participants", "messages", "messages.user")
ROOM_COUNTS = ("participants", "messages")
MESSAGE_INCLUDES = ("user",)
WITH_USER = frozenset({"user"})


class MessageShape(TypedDict):
    """A message as answers show it; `user` only where included, `seq` only in answers of writes."""

    id: uuid.UUID
    room_id: uuid.UUID
    user_id: uuid.UUID
    content: str
    created_at: Any
    updated_at: Any
    links: dict[str, str]
    user: NotRequired[AuthorShape | None]
    seq: NotRequired[int | None]


class RoomShape(TypedDict, total=False):
    """A room as answers show it; what comes after `links` only where asked for."""

    id: uuid.UUID
    name: str | None
    metadata: Any
    created_at: Any
    updated_at: Any
    unread_count: int
    links: dict[str, str]
    participants_count: int
    messages_count: int
    participants: list[AuthorShape | None]
    latest_message: MessageShape | None
    messages: list[MessageShape]
    seq: int


def message_shape(row: Row, *, base: str, include: frozenset[str] = frozenset()) -> MessageShape:
    """Shape a row of `MESSAGE_COLUMNS`.

    Args:
        row: the message.
        base: scheme and host for the links; nothing where several clients get the same object.
        include: names of `MESSAGE_INCLUDES`.
    """
    room = f"{base}/api/rooms/{row[1]}"
    shape: MessageShape = {
        "id": row[0],
        "room_id": row[1],
        "user_id": row[2],
        "content": row[3],
        "created_at": row[4],
        "updated_at": row[5],
        "links": {"self": f"{room}/messages/{row[0]}", "room": room},
    }
    if "user" in include:
        shape["user"] = author_shape(row[2], row[6:10])
    return shape


def room_shape(row: Row, *, base: str) -> RoomShape:
    """Shape a row of `ROOM_COLUMNS` without what depends on the caller."""
    return {
        "id": row[0],
        "name": row[1],
        "metadata": json_text(row[2]),
        "created_at": row[3],
        "updated_at": row[4],
        "links": {"self": f"{base}/api/rooms/{row[0]}"},
    }


def room_shapes(
    found: list[Row], *, base: str, include: frozenset[str] = frozenset(), counts: frozenset[str] = frozenset()
) -> list[RoomShape]:
    """Shape rows of `ROOM_COLUMNS`; each include and each count costs one query for the whole page.

    Args:
        found: the page's rows.
        base: scheme and host for the links.
        include: names of `ROOM_INCLUDES`; `messages` is the newest one of each room.
        counts: names of `ROOM_COUNTS`.
    """
    shaped = [room_shape(row, base=base) for row in found]
    for shape, row in zip(shaped, found, strict=True):
        shape["unread_count"] = row[5]
    if shaped:
        _add_counts(shaped, counts)
        if "participants" in include:
            _add_participants(shaped)
        if "messages" in include or "messages.user" in include:
            _add_latest(shaped, base, WITH_USER if "messages.user" in include else frozenset())
    return shaped


def _ids(shaped: list[RoomShape]) -> tuple[uuid.UUID, ...]:
    return tuple(shape["id"] for shape in shaped)


def _add_counts(shaped: list[RoomShape], counts: frozenset[str]) -> None:
    if "participants" in counts:
        of_room: dict[Any, int] = dict(rows.fetch(reads.participants_count, (_ids(shaped),), COUNT_COLUMNS))
        for shape in shaped:
            shape["participants_count"] = of_room.get(shape["id"], 0)
    if "messages" in counts:
        of_room = dict(rows.fetch(reads.messages_count, (_ids(shaped),), COUNT_COLUMNS))
        for shape in shaped:
            shape["messages_count"] = of_room.get(shape["id"], 0)


def _add_participants(shaped: list[RoomShape]) -> None:
    grouped: defaultdict[Any, list[AuthorShape | None]] = defaultdict(list)
    for row in rows.fetch(reads.first_participants, (_ids(shaped),), PARTICIPANT_COLUMNS):
        grouped[row[0]].append(participant_shape(row))
    for shape in shaped:
        shape["participants"] = grouped[shape["id"]]


def participant_shape(row: Row) -> AuthorShape | None:
    """Shape a row of `PARTICIPANT_COLUMNS`."""
    return author_shape(row[1], row[2:6])


def _add_latest(shaped: list[RoomShape], base: str, include: frozenset[str]) -> None:
    latest = {
        row[1]: message_shape(row, base=base, include=include)
        for row in rows.fetch(reads.latest_messages, (_ids(shaped),), MESSAGE_COLUMNS)
    }
    for shape in shaped:
        shape["latest_message"] = latest.get(shape["id"])
        shape["messages"] = [latest[shape["id"]]] if shape["id"] in latest else []


def room_shape_for(
    room_id: uuid.UUID,
    *,
    caller: Caller,
    base: str,
    include: frozenset[str] = frozenset(),
    counts: frozenset[str] = frozenset(),
) -> RoomShape | None:
    """Read and shape one room, or None where there is none; whether the caller is in it is asked elsewhere."""
    found = rows.fetch(reads.room, (room_id, caller), ROOM_COLUMNS)
    return room_shapes(found, base=base, include=include, counts=counts)[0] if found else None
