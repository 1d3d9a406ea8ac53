"""What is sent when something has happened in a room: built once, the same for everybody, and only after the commit."""

import json
import math
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from django.conf import settings

from accounts.realtime import user_group
from chat.log_frames import (
    Entry,
    message_deleted_frame,
    message_frame,
    participant_added_frame,
    participant_removed_frame,
    room_updated_frame,
)
from chat.realtime import ReadFrame, RoomAddedFrame, RoomDeletedFrame, RoomRemovedFrame, room_group
from chat.shapes import RoomShape, room_shape
from lifestring.dispatch import broadcast_on_commit, broadcast_to_each_on_commit
from lifestring.rows import Row

_BITS = 63


def tell_message(entry: Entry, row: Row) -> None:
    """Tell a room of a new or changed message, from a row of `MESSAGE_COLUMNS`."""
    _send(room_group(entry.room_id), message_frame(entry, row, base=settings.PUBLIC_URL))


def tell_message_deleted(entry: Entry) -> None:
    """Tell a room that a message is gone."""
    _send(room_group(entry.room_id), message_deleted_frame(entry))


def tell_participant_added(entry: Entry, user_id: uuid.UUID, profile: Row, room: Row) -> None:
    """Tell a room who came, and them that they are in it, from a row of `ROOM_COLUMNS`."""
    _send(room_group(entry.room_id), participant_added_frame(entry, profile))
    tell_room_added(room, [user_id])


def tell_participant_removed(entry: Entry, user_id: uuid.UUID) -> None:
    """Tell a room who left, and them that they did; the entry of somebody erased does not name them."""
    _send(room_group(entry.room_id), {**participant_removed_frame(entry), "user_id": user_id})
    _send(user_group(user_id), RoomRemovedFrame(type="room.removed", room_id=entry.room_id))


def tell_room_updated(entry: Entry, room: Row) -> None:
    """Tell a room its new name and metadata."""
    _send(room_group(entry.room_id), room_updated_frame(entry, _shared(room)))


def tell_room_added(room: Row, user_ids: Iterable[uuid.UUID]) -> None:
    """Tell people that they are in a room."""
    frame = RoomAddedFrame(type="room.added", room_id=room[0], room=_shared(room))
    broadcast_to_each_on_commit(map(user_group, user_ids), {**frame})


def tell_room_deleted(room_id: uuid.UUID, user_ids: Iterable[uuid.UUID]) -> None:
    """Tell those who have joined a room, and those who were in it, that it is gone."""
    _send(room_group(room_id), RoomDeletedFrame(type="room.deleted", room_id=room_id))
    removed = RoomRemovedFrame(type="room.removed", room_id=room_id)
    broadcast_to_each_on_commit(map(user_group, user_ids), {**removed})


def tell_read(room_id: uuid.UUID, user_id: uuid.UUID, message_id: uuid.UUID) -> None:
    """Tell a room how far somebody has read."""
    frame = ReadFrame(type="read", room_id=room_id, user_id=user_id, message_id=message_id)
    _send(room_group(room_id), frame)


def _send(group: str, frame: Mapping[str, Any]) -> None:
    broadcast_on_commit(group, dict(frame))


def _shared(room: Row) -> RoomShape:
    """The room as everybody in it sees it; metadata that other clients made unsendable is left to REST."""
    return {**room_shape(room, base=settings.PUBLIC_URL), "metadata": _sendable(room[2])}


def _sendable(text: str | None) -> Any:
    """Parse JSON of other clients; None where it holds numbers or depths that the channel layer cannot carry."""
    if text is None:
        return None
    try:
        return json.loads(text, parse_int=_int, parse_float=_float)
    except (ValueError, RecursionError):
        return None


def _int(text: str) -> int:
    value = int(text)
    return value if value.bit_length() <= _BITS else _refuse()


def _float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse()


def _refuse() -> NoReturn:
    raise ValueError("out of range")
