"""How the entries of a room's log look, live and in replays alike (docs/live.md, The room log)."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from accounts.shapes import author_shape
from chat.models import LogKind
from chat.realtime import (
    LogFrame,
    MessageDeletedFrame,
    MessageFrame,
    ParticipantAddedFrame,
    ParticipantRemovedFrame,
    RoomUpdatedFrame,
)
from chat.shapes import WITH_USER, message_shape
from lifestring.rows import Row


class Entry(NamedTuple):
    """A place in a room's log, and what happened there."""

    room_id: uuid.UUID
    seq: int
    kind: LogKind
    subject_id: uuid.UUID | None
    by: uuid.UUID | None
    at: datetime


def message_frame(entry: Entry, row: Row, *, base: str) -> MessageFrame:
    """Show a message as it is now, from a row of `MESSAGE_COLUMNS`."""
    kind: Any = str(entry.kind)
    message: Any = message_shape(row, base=base, include=WITH_USER)
    return MessageFrame(type=kind, **_place(entry), message=message)


def message_deleted_frame(entry: Entry) -> MessageDeletedFrame:
    """Show that a message is gone, whatever the entry said of it at its time."""
    return MessageDeletedFrame(type="message.deleted", **_place(entry), message_id=entry.subject_id)


def participant_added_frame(entry: Entry, profile: Row) -> ParticipantAddedFrame:
    """Show who came, with the columns that `author_shape` takes of their profile."""
    user = author_shape(entry.subject_id, profile) if entry.subject_id else None
    return ParticipantAddedFrame(type="participant.added", **_place(entry), user_id=entry.subject_id, user=user)


def participant_removed_frame(entry: Entry) -> ParticipantRemovedFrame:
    """Show who left."""
    return ParticipantRemovedFrame(type="participant.removed", **_place(entry), user_id=entry.subject_id)


def room_updated_frame(entry: Entry, room: Any) -> RoomUpdatedFrame:
    """Show the room as it is now."""
    return RoomUpdatedFrame(type="room.updated", **_place(entry), room=room)


def _place(entry: Entry) -> LogFrame:
    return LogFrame(room_id=entry.room_id, seq=entry.seq, at=entry.at, by=entry.by)
