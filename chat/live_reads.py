"""What sockets read: a room as somebody joins it, its log where frames were lost, and what changed behind our back."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from accounts.callers import Caller
from accounts.standing import BANNED, GONE, SUSPENDED
from chat import reads
from chat.access import member_of
from chat.columns import MESSAGE_COLUMNS, PARTICIPANT_COLUMNS
from chat.feeds import Event
from chat.log_reads import Frame, room_log
from chat.models import LogKind
from chat.shapes import WITH_USER, message_shape, participant_shape, room_shape_for
from lifestring import rows
from lifestring.errors import NotFoundError, ValidationFailedError
from lifestring.rendering import dumps
from lifestring.rows import Row

MOST_PARTICIPANTS = 1_000

# One statement for all rooms and people of a process; what is as it was expected to be is not returned.
_DIFFERENCES = f"""
WITH known AS (SELECT * FROM unnest(%(rooms)s::uuid[], %(seqs)s::bigint[]) AS t (room_id, seq)),
     places AS (SELECT * FROM unnest(%(place_rooms)s::uuid[], %(place_users)s::uuid[]) AS t (room_id, user_id)),
     people AS (SELECT * FROM unnest(%(users)s::uuid[]) AS t (user_id))
SELECT 'behind', k.room_id, NULL::uuid, l.seq
  FROM known k JOIN django.chat_roomposition l ON l.room_id = k.room_id WHERE l.seq > k.seq
UNION ALL
SELECT 'deleted', k.room_id, NULL, NULL
  FROM known k LEFT JOIN public.rooms r ON r.id = k.room_id WHERE r.id IS NULL
UNION ALL
SELECT 'removed', p.room_id, p.user_id, NULL
  FROM places p LEFT JOIN public.room_participants m ON m.room_id = p.room_id AND m.user_id = p.user_id
 WHERE m.user_id IS NULL
UNION ALL
SELECT CASE WHEN {GONE} OR a.user_id IS NULL OR {BANNED} OR o.user_id IS NOT NULL
            THEN 'gone' ELSE 'suspended' END,
       NULL, p.user_id, NULL
  FROM people p
  LEFT JOIN auth.users u ON u.id = p.user_id
  LEFT JOIN public.user_profiles a ON a.user_id = p.user_id
  LEFT JOIN django.accounts_suspension s ON s.user_id = p.user_id
  LEFT JOIN django.accounts_signedout o ON o.user_id = p.user_id AND o.at > now() - interval '5 seconds'
 WHERE {GONE} OR a.user_id IS NULL OR {BANNED} OR {SUSPENDED} OR o.user_id IS NOT NULL
UNION ALL
SELECT 'ended', NULL, t.id, NULL
  FROM unnest(%(sessions)s::uuid[]) AS t (id) LEFT JOIN auth.sessions x ON x.id = t.id
 WHERE x.id IS NULL OR x.not_after <= now()
"""  # noqa: S608 - constants

Place = tuple[uuid.UUID, uuid.UUID]


@dataclass(slots=True)
class Differences:
    """What is not as a process's sockets know it.

    Args:
        behind: rooms whose log has come further, and how far.
        deleted: rooms that are gone.
        removed: people who are not in a room any more, as (room, person).
        gone: people whose account is gone or banned, or whom staff have just signed out.
        suspended: people who are suspended.
        ended: sign-ins that are over.
    """

    behind: dict[uuid.UUID, int] = field(default_factory=dict)
    deleted: list[uuid.UUID] = field(default_factory=list)
    removed: list[Place] = field(default_factory=list)
    gone: list[uuid.UUID] = field(default_factory=list)
    suspended: list[uuid.UUID] = field(default_factory=list)
    ended: set[uuid.UUID] = field(default_factory=set)


class Snapshot(NamedTuple):
    """A room as somebody joins it.

    Args:
        seq: how far the answer reaches; all that comes later is a frame.
        has_more: whether the log goes on before that number is the room's newest.
        answer: the fields of the answer that are read here.
    """

    seq: int
    has_more: bool
    answer: dict[str, Any]


def room_snapshot(room_id: uuid.UUID, *, caller: Caller, since: int | None, limit: int) -> Snapshot:
    """Read a room for somebody who joins it.

    The position is read first, so all that was written up to it is seen below. What comes in between may be seen as well,
    and follows as a frame: frames say how things are, so that seeing one twice changes nothing.

    Args:
        room_id: which room.
        caller: who joins.
        since: the last number they know; None for nothing.
        limit: at most so many entries or messages.

    Raises:
        NotFoundError: there is no such room.
        NotAMemberError: the caller is not in it.
        ValidationFailedError: `since` is beyond the room's newest number.
    """
    newest = member_of(room_id, caller).seq
    if since is not None and since > newest:
        raise ValidationFailedError({"since": ["This must be no greater than the room's newest `seq`."]})
    room = room_shape_for(room_id, caller=caller, base=settings.PUBLIC_URL)
    if room is None:
        raise NotFoundError
    people = rows.fetch(reads.participants_in_order, (room_id,), PARTICIPANT_COLUMNS, limit=MOST_PARTICIPANTS)
    answer: dict[str, Any] = {"room": room, "participants": [participant_shape(row) for row in people]}
    page = None if since is None else room_log(room_id, since=since, upto=newest, limit=limit)
    if page is None or page.reset:
        messages, has_more = newest_messages(room_id, limit)
        answer |= {"seq": newest, "reset": True, "messages": messages, "has_more": has_more}
        return Snapshot(newest, has_more=False, answer=answer)
    seq = page.frames[-1]["seq"] if page.has_more else newest
    answer |= {"seq": seq, "events": page.frames, "has_more": page.has_more}
    return Snapshot(seq, page.has_more, answer)


def newest_messages(room_id: uuid.UUID, limit: int) -> tuple[list[Any], bool]:
    """The newest messages of a room, the last first, and whether there are older ones."""
    return _page(rows.fetch(reads.newest_messages, (room_id,), MESSAGE_COLUMNS, limit=limit + 1), limit)


def messages_before(room_id: uuid.UUID, *, caller: Caller, before: uuid.UUID, limit: int) -> tuple[list[Any], bool]:
    """The messages before one of a room, the last first, and whether there are older ones.

    Raises:
        NotFoundError, NotAMemberError: as `room_snapshot`.
        ValidationFailedError: `before` is no message of this room.
    """
    member_of(room_id, caller)
    place = reads.place_of(room_id, before)
    if place is None:
        raise ValidationFailedError({"before": ["There is no such message in this room."]})
    return _page(rows.fetch(reads.messages_before, (room_id, *place), MESSAGE_COLUMNS, limit=limit + 1), limit)


def _page(found: Sequence[Row], limit: int) -> tuple[list[Any], bool]:
    shaped = [message_shape(row, base=settings.PUBLIC_URL, include=WITH_USER) for row in found[:limit]]
    return shaped, len(found) > limit


def log_between(room_id: uuid.UUID, since: int, upto: int) -> list[Event] | None:
    """The log after a number up to another one, as frames; None where some of it is not there any more."""
    page = room_log(room_id, since=since, upto=upto, limit=upto - since)
    return None if page.reset else [event_of(frame) for frame in page.frames]


def event_of(frame: Frame) -> Event:
    """Render an entry of the log."""
    removed = frame["user_id"] if frame["type"] == LogKind.PARTICIPANT_REMOVED else None
    return Event(frame["seq"], dumps(frame).decode(), None if removed is None else str(removed))


def differences(
    seqs: Mapping[uuid.UUID, int], places: Iterable[Place], people: Iterable[uuid.UUID], sessions: Iterable[uuid.UUID]
) -> Differences:
    """Compare what sockets know with the database, in one statement.

    Args:
        seqs: rooms, and how far their feeds are.
        places: (room, person) of the sockets that joined.
        people: everybody with a socket.
        sessions: the sign-ins their tokens came from.
    """
    pairs = list(places)
    values: dict[str, Any] = {
        "rooms": list(seqs),
        "seqs": list(seqs.values()),
        "place_rooms": [room for room, _ in pairs],
        "place_users": [user for _, user in pairs],
        "users": list(people),
        "sessions": list(sessions),
    }
    found = Differences()
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES, values)
        for kind, room_id, user_id, seq in cursor.fetchall():
            if kind == "behind":
                found.behind[room_id] = seq
            elif kind == "deleted":
                found.deleted.append(room_id)
            elif kind == "removed":
                found.removed.append((room_id, user_id))
            elif kind == "ended":
                found.ended.add(user_id)
            else:
                (found.gone if kind == "gone" else found.suspended).append(user_id)
    return found
