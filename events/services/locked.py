"""An event whose row the running transaction has locked: here, and only here, places are counted and given away.

Whoever wants a place, leaves one or changes how many there are locks the event's row first. So they take turns, nobody is
let in beyond the limit, and `meta_data.current_participants` changes together with the rows it counts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import connection

from accounts.realtime import user_group
from events.expressions import CAPACITY
from events.realtime import promoted_frame
from lifestring.dispatch import broadcast_on_commit
from lifestring.errors import NotFoundError

# By id, so that two who lock several meet in one order. Without the JSON columns: another client may have written what
# cannot be parsed.
_LOCK = f"""
SELECT id, user_id, title, start_time, end_time, {CAPACITY.format(column="meta_data")},
       meta_data ->> 'recurrence' IS NOT NULL, coalesce(meta_data -> 'is_join' = 'true', false)
  FROM public.events WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - a constant
_COUNT = """
SELECT count(*) FILTER (WHERE status = 'going'), count(*) FILTER (WHERE status = 'waiting')
  FROM django.events_eventattendance WHERE event_id = %s
"""
# Those who may write at all and whom the organiser would meet; the others keep their place in the line.
_NEXT = """
SELECT a.user_id FROM django.events_eventattendance a
  JOIN auth.users u ON u.id = a.user_id AND (u.banned_until IS NULL OR u.banned_until <= now())
 WHERE a.event_id = %(event)s AND a.status = 'waiting'
   AND NOT EXISTS (SELECT FROM django.accounts_suspension s
                    WHERE s.user_id = a.user_id AND (s.until IS NULL OR s.until > now()))
   AND NOT EXISTS (SELECT FROM public.user_connections c
                    WHERE c.status = 'blocked' AND ((c.requester_id = a.user_id AND c.receiver_id = %(organiser)s)
                       OR (c.receiver_id = a.user_id AND c.requester_id = %(organiser)s)))
 ORDER BY a.updated_at, a.user_id LIMIT %(places)s
"""
_MOVE_UP = """
UPDATE django.events_eventattendance SET status = 'going', updated_at = statement_timestamp()
 WHERE event_id = %s AND user_id = ANY(%s)
"""
# A column that holds no object has no place for the number, and is left as it is.
_WRITE_COUNT = """
UPDATE public.events SET meta_data = jsonb_set(meta_data, '{current_participants}', to_jsonb(%(going)s::integer))
 WHERE id = %(event)s AND jsonb_typeof(meta_data) = 'object'
   AND meta_data -> 'current_participants' IS DISTINCT FROM to_jsonb(%(going)s::integer)
"""


@dataclass(frozen=True, slots=True)
class LockedEvent:
    """A locked event; `capacity` is None where nothing limits it."""

    id: uuid.UUID
    user_id: uuid.UUID
    title: str
    start_time: datetime
    end_time: datetime | None
    capacity: int | None
    repeats: bool
    is_join: bool

    @classmethod
    def lock(cls, event_id: uuid.UUID) -> LockedEvent:
        """Lock one event.

        Raises:
            NotFoundError: there is none.
        """
        found = cls.lock_all([event_id])
        if not found:
            raise NotFoundError
        return found[0]

    @classmethod
    def lock_all(cls, event_ids: Iterable[uuid.UUID]) -> list[LockedEvent]:
        """Lock those of these events that there are."""
        return [cls(*row) for row in _rows(_LOCK, [list(event_ids)])]

    def going(self) -> int:
        """How many are going, once everybody who can has moved up."""
        going, waiting = _rows(_COUNT, [self.id])[0]
        places = None if self.capacity is None else self.capacity - going
        if not waiting or (places is not None and places <= 0):
            return cast(int, going)
        return cast(int, going) + self._move_up(places)

    def settle(self) -> None:
        """Give free places to those who wait, in their order, and write down how many are going."""
        with connection.cursor() as cursor:
            cursor.execute(_WRITE_COUNT, {"event": self.id, "going": self.going()})

    def _move_up(self, places: int | None) -> int:
        chosen = [row[0] for row in _rows(_NEXT, {"event": self.id, "organiser": self.user_id, "places": places})]
        if chosen:
            with connection.cursor() as cursor:
                cursor.execute(_MOVE_UP, [self.id, chosen])
        for user_id in chosen:
            broadcast_on_commit(user_group(user_id), promoted_frame(self.id, self.title, self.start_time))
        return len(chosen)


def _rows(sql: str, params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
