"""What the database is asked by the clock: writes past the service, entries that are too old, and what lost its room.

Other clients write messages straight into Supabase's tables. Those get their place in the log here, as far as the rows
tell of them (docs/live.md, What others write).
"""

import uuid
from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db import connection

from chat import reads
from chat.broadcasts import tell_message, tell_message_deleted
from chat.columns import MESSAGE_COLUMNS
from chat.log_frames import Entry
from chat.models import LogKind
from chat.services.log import RoomTurn
from lifestring import rows
from lifestring.db import service

ROOMS_AT_ONCE = 50
TRIMMED_AT_ONCE = 5_000
# Of many new entries in one room only the last is told: sockets see the jump and fetch the others from the log.
TOLD = 20

# One sweep at a time. The first one ever draws the line behind which everything is history.
_BEGIN = """
INSERT INTO django.chat_logsweep AS sweep (id, began_at, swept_to)
VALUES (1, clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET swept_to = sweep.swept_to
"""
_DONE = "UPDATE django.chat_logsweep SET swept_to = clock_timestamp()"
# A day back, since a clock of another client may be slow and a transaction long; never further than the log is whole.
# A clock may be fast as well, and what lies further ahead waits until it is due: its entry could be trimmed before.
_SPAN = """
SELECT greatest(began_at, swept_to - interval '1 day', statement_timestamp() - %(days)s * interval '12 hours') AS low,
       statement_timestamp() + interval '1 day' AS high
  FROM django.chat_logsweep
"""
_UNLOGGED = f"""
WITH span AS MATERIALIZED ({_SPAN}),
unlogged AS (
SELECT m.room_id, 'message.created' AS kind, m.id, m.created_at AS moment
  FROM public.messages m, span
 WHERE m.created_at BETWEEN low AND high
   AND NOT EXISTS (SELECT FROM django.chat_roomlogentry e WHERE e.subject_id = m.id AND e.kind = 'message.created')
 UNION ALL
SELECT m.room_id, 'message.updated', m.id, m.updated_at
  FROM public.messages m, span
 WHERE m.updated_at BETWEEN low AND statement_timestamp() AND m.updated_at <> m.created_at
   AND m.updated_at > coalesce(
         (SELECT max(e.at) FROM django.chat_roomlogentry e WHERE e.subject_id = m.id),
         CASE WHEN m.created_at BETWEEN low AND high THEN 'infinity' ELSE '-infinity' END::timestamptz)
 UNION ALL
SELECT e.room_id, 'message.deleted', e.subject_id, max(e.at)
  FROM django.chat_roomlogentry e, span
 WHERE e.at >= low AND e.kind IN ('message.created', 'message.updated')
   AND NOT EXISTS (SELECT FROM public.messages m WHERE m.id = e.subject_id)
   AND EXISTS (SELECT FROM public.rooms r WHERE r.id = e.room_id)
   AND NOT EXISTS (SELECT FROM django.chat_roomlogentry d
                    WHERE d.subject_id = e.subject_id AND d.kind = 'message.deleted' AND d.seq > e.seq)
 GROUP BY e.room_id, e.subject_id)
"""  # noqa: S608 - constants
_ROOMS = f"{_UNLOGGED} SELECT DISTINCT room_id FROM unlogged ORDER BY room_id LIMIT %(limit)s"  # noqa: S608
_IN_ROOMS = f"{_UNLOGGED} SELECT * FROM unlogged WHERE room_id = ANY(%(rooms)s) ORDER BY room_id, kind, moment, id"  # noqa: S608
_TRIM = """
DELETE FROM django.chat_roomlogentry WHERE (room_id, seq) IN (
    SELECT room_id, seq FROM django.chat_roomlogentry
     WHERE at < statement_timestamp() - %(days)s * interval '1 day' LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""
# What is held belongs to a room that is being written to.
_LOST = """
SELECT room_id FROM django.chat_roomposition p
 WHERE NOT EXISTS (SELECT FROM public.rooms r WHERE r.id = p.room_id) FOR UPDATE SKIP LOCKED
"""
_REMOVE_LOST = """
WITH gone AS (
       DELETE FROM django.chat_roomposition p
        WHERE room_id = ANY(%(rooms)s) AND NOT EXISTS (SELECT FROM public.rooms r WHERE r.id = p.room_id)
       RETURNING room_id),
     entries AS (DELETE FROM django.chat_roomlogentry WHERE room_id IN (SELECT room_id FROM gone))
SELECT count(*) FROM gone
"""
_REMOVE_MARKS = """
DELETE FROM django.chat_readmark k
 WHERE NOT EXISTS (
    SELECT FROM public.room_participants p WHERE p.room_id = k.room_id AND p.user_id = k.user_id)
"""
# As an erasure does: that it happened stays, or the log would have holes. Rooms are not locked, since no number changes.
_FORGET_PEOPLE = """
UPDATE django.chat_roomlogentry SET user_id = NULL
 WHERE user_id IS NOT NULL AND NOT EXISTS (SELECT FROM auth.users u WHERE u.id = user_id)
"""
_FORGET_SUBJECTS = """
UPDATE django.chat_roomlogentry SET subject_id = NULL
 WHERE kind IN ('participant.added', 'participant.removed') AND subject_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM auth.users u WHERE u.id = subject_id)
"""


@service
def room_log_sweep() -> int:
    """Give messages that other clients wrote, changed or deleted their entries, in some rooms; returns in how many.

    0 means that nothing is left to do.
    """
    values: dict[str, Any] = {"days": settings.ROOM_LOG_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute(_ROOMS, {**values, "limit": ROOMS_AT_ONCE})
        room_ids = [row[0] for row in cursor.fetchall()]
        if not room_ids:
            cursor.execute(_DONE)
            return 0
        turns = {turn.room_id: turn for turn in RoomTurn.take_all(room_ids)}
        # Anew, now that nobody writes there.
        cursor.execute(_IN_ROOMS, {**values, "rooms": room_ids})
        unlogged: defaultdict[tuple[uuid.UUID, str], list[uuid.UUID]] = defaultdict(list)
        for room_id, kind, message_id, _ in cursor.fetchall():
            unlogged[room_id, kind].append(message_id)
    for (room_id, kind), message_ids in unlogged.items():
        _tell(turns[room_id].append_all(LogKind(kind), message_ids, by=None))
    return len(room_ids)


def _tell(entries: list[Entry]) -> None:
    told = entries if len(entries) <= TOLD else entries[-1:]
    if told[0].kind is LogKind.MESSAGE_DELETED:
        for entry in told:
            tell_message_deleted(entry)
        return
    ids = tuple(entry.subject_id for entry in told)
    found = {row[0]: row for row in rows.fetch(reads.messages_by_id, (ids,), MESSAGE_COLUMNS)}
    for entry in told:
        if entry.subject_id in found:
            tell_message(entry, found[entry.subject_id])


@service
def room_log_trim() -> int:
    """Delete some of the entries older than `ROOM_LOG_DAYS`; returns how many, 0 when all are gone."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIM, {"days": settings.ROOM_LOG_DAYS, "limit": TRIMMED_AT_ONCE})
        return int(cursor.rowcount)


@service
def room_orphans_sweep() -> int:
    """Delete what we keep of rooms that are gone, and of people who are not in them any more; returns how much.

    The log forgets people whose account is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOST)
        cursor.execute(_REMOVE_LOST, {"rooms": [row[0] for row in cursor.fetchall()]})
        removed = cursor.fetchone()[0]
        for statement in (_REMOVE_MARKS, _FORGET_PEOPLE, _FORGET_SUBJECTS):
            cursor.execute(statement)
            removed += cursor.rowcount
        return int(removed)
