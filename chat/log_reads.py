"""Replays of a room's log: what happened after a number, with messages as they are now (docs/live.md, The room log)."""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from chat.log_frames import (
    Entry,
    message_deleted_frame,
    message_frame,
    participant_added_frame,
    participant_removed_frame,
    room_updated_frame,
)
from chat.models import LogKind
from chat.shapes import room_shape
from lifestring.rows import Row

Frame = Mapping[str, Any]

# The person is the author of the message, or who came or left. The room is read once, though every entry shows it.
_ENTRIES = """
SELECT e.room_id, e.seq, e.kind, e.subject_id, e.user_id, e.at,
       m.id, m.room_id, m.user_id, m.content, m.created_at, m.updated_at,
       p.id, p.contact_info ->> 'name', p.is_admin, p.is_mod
  FROM django.chat_roomlogentry e
  LEFT JOIN public.messages m ON m.id = e.subject_id AND m.room_id = e.room_id AND e.kind LIKE 'message.%%'
  LEFT JOIN public.user_profiles p
         ON p.user_id = CASE WHEN e.kind LIKE 'message.%%' THEN m.user_id ELSE e.subject_id END
 WHERE e.room_id = %(room)s AND e.seq > %(since)s AND e.seq <= %(upto)s
 ORDER BY e.seq LIMIT %(limit)s
"""
_ROOM = "SELECT id, name, metadata, created_at, updated_at FROM public.rooms WHERE id = %s"
_ENTRY_COLUMNS = 6


class LogPage(NamedTuple):
    """A stretch of a room's log.

    Args:
        frames: its entries, in order and without a hole.
        has_more: whether there are more of them after these.
        reset: the log does not reach back that far, and nothing is told: read the messages anew.
    """

    frames: list[Frame]
    has_more: bool
    reset: bool


def room_log(room_id: uuid.UUID, *, since: int, upto: int, limit: int, base: str = settings.PUBLIC_URL) -> LogPage:
    """Return what happened in a room after `since`.

    Args:
        room_id: which room.
        since: the last number that is known; 0 for none.
        upto: the room's newest number, read before; what is newer is left to the next call.
        limit: at most so many entries.
        base: scheme and host for links.
    """
    values: dict[str, Any] = {"room": room_id, "since": since, "upto": upto, "limit": limit + 1}
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, values)
        found = cursor.fetchall()
    # The log has no holes: what is missing was trimmed, or is being trimmed.
    if [row[1] for row in found] != list(range(since + 1, min(upto, since + limit + 1) + 1)):
        return LogPage([], has_more=False, reset=True)
    entries, has_more = found[:limit], len(found) > limit
    room = _room(room_id, base) if any(row[2] == LogKind.ROOM_UPDATED for row in entries) else {}
    return LogPage([_frame(row, room, base) for row in entries], has_more=has_more, reset=False)


def _frame(row: Row, room: Any, base: str) -> Frame:
    room_id, seq, kind, subject_id, by, at = row[:_ENTRY_COLUMNS]
    entry = Entry(room_id, seq, LogKind(kind), subject_id, by, at)
    message = row[_ENTRY_COLUMNS:]
    if entry.kind is LogKind.ROOM_UPDATED:
        return room_updated_frame(entry, room)
    if entry.kind is LogKind.PARTICIPANT_ADDED:
        return participant_added_frame(entry, message[6:])
    if entry.kind is LogKind.PARTICIPANT_REMOVED:
        return participant_removed_frame(entry)
    is_gone = message[0] is None or entry.kind is LogKind.MESSAGE_DELETED
    return message_deleted_frame(entry) if is_gone else message_frame(entry, message, base=base)


def _room(room_id: uuid.UUID, base: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_ROOM, [room_id])
        row = cursor.fetchone()
    return room_shape(row, base=base) if row else {}
