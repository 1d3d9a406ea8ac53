"""The room log: who writes to a room takes its turn first and gets its next number (docs/decisions/008-room-order.md).

The order of locks is always: the room's position, then rows. Several rooms are taken in the order of their ids.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chat.log_frames import Entry
from chat.models import LogKind

# An update that changes nothing, because only an upsert both makes the row and waits for whoever holds it.
_TAKE = """
INSERT INTO django.chat_roomposition AS p (room_id, seq, at)
SELECT room, 0, clock_timestamp() FROM unnest(%s::uuid[]) room ORDER BY room
ON CONFLICT (room_id) DO UPDATE SET seq = p.seq
"""
# Later than the entry before, also where the clock was set back.
_APPEND = """
WITH given AS (SELECT subject, n FROM unnest(%(subjects)s::uuid[]) WITH ORDINALITY AS listed (subject, n)),
     taken AS (
       UPDATE django.chat_roomposition
          SET seq = seq + %(count)s,
              at = greatest(clock_timestamp(), at + interval '1 microsecond') + (%(count)s - 1) * interval '1 microsecond'
        WHERE room_id = %(room)s
       RETURNING seq - %(count)s AS before, at - %(count)s * interval '1 microsecond' AS before_at)
INSERT INTO django.chat_roomlogentry (room_id, seq, kind, subject_id, user_id, at)
SELECT %(room)s, before + n, %(kind)s, subject, %(user)s, before_at + n * interval '1 microsecond' FROM given, taken
RETURNING room_id, seq, subject_id, at
"""
_DELETE = "DELETE FROM public.rooms WHERE id = %(room)s"
# After the room: a read mark holds on to its person's place there, so that none comes behind this.
_FORGET = """
WITH marks AS (DELETE FROM django.chat_readmark WHERE room_id = %(room)s),
     entries AS (DELETE FROM django.chat_roomlogentry WHERE room_id = %(room)s)
DELETE FROM django.chat_roomposition WHERE room_id = %(room)s
"""


@dataclass(frozen=True, slots=True)
class RoomTurn:
    """The turn of one room: until the transaction that took it ends, nobody else writes to the room."""

    room_id: uuid.UUID

    @classmethod
    def take(cls, room_id: uuid.UUID) -> "RoomTurn":
        """Wait for the room's turn. What is read from then on stays true until the end of the transaction."""
        return cls.take_all([room_id])[0]

    @classmethod
    def take_all(cls, room_ids: Iterable[uuid.UUID]) -> "list[RoomTurn]":
        """Wait for the turns of several rooms; returned in the order of their ids."""
        ordered = sorted(set(room_ids))
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [ordered])
        return [cls(room_id) for room_id in ordered]

    def append(self, kind: LogKind, subject_id: uuid.UUID | None, *, by: uuid.UUID | None) -> Entry:
        """Write the room's next entry.

        Args:
            kind: what happened.
            subject_id: the message or person it happened to.
            by: who did it.
        """
        return self.append_all(kind, [subject_id], by=by)[0]

    def append_all(
        self, kind: LogKind, subject_ids: Sequence[uuid.UUID | None], *, by: uuid.UUID | None
    ) -> list[Entry]:
        """Write an entry of one kind for each of these, in their order."""
        values: dict[str, Any] = {"room": self.room_id, "kind": str(kind), "user": by}
        with connection.cursor() as cursor:
            cursor.execute(_APPEND, {**values, "subjects": list(subject_ids), "count": len(subject_ids)})
            written = sorted(cursor.fetchall(), key=lambda row: row[1])
        return [Entry(room_id, seq, kind, subject_id, by, at) for room_id, seq, subject_id, at in written]

    def end(self) -> None:
        """Delete the room, by the database all that hangs on it, and what we keep of it."""
        with connection.cursor() as cursor:
            for statement in (_DELETE, _FORGET):
                cursor.execute(statement, {"room": self.room_id})
