"""Putting right what happened past the services: other clients delete events and accounts, and rewrite columns."""

from django.db import connection

from events.expressions import CAPACITY
from events.services.locked import LockedEvent
from lifestring.db import service

AT_ONCE = 500

_NO_EVENT = (
    "DELETE FROM django.events_eventattendance a WHERE NOT EXISTS (SELECT FROM public.events e WHERE e.id = a.event_id)",
    "DELETE FROM django.events_eventrevision r WHERE NOT EXISTS (SELECT FROM public.events e WHERE e.id = r.event_id)",
    "DELETE FROM django.events_calendartoken t WHERE NOT EXISTS (SELECT FROM auth.users u WHERE u.id = t.user_id)",
)
# By chance, so that no event whose line cannot move keeps others from being looked at.
_UNSETTLED = f"""
SELECT e.id FROM public.events e JOIN (
    SELECT event_id, count(*) FILTER (WHERE status = 'going') AS going, bool_or(status = 'waiting') AS waiting,
           bool_or(NOT EXISTS (SELECT FROM public.user_profiles p WHERE p.user_id = a.user_id)) AS orphaned
      FROM django.events_eventattendance a GROUP BY event_id) counted ON counted.event_id = e.id
 WHERE counted.orphaned
    OR (counted.waiting AND counted.going < coalesce({CAPACITY.format(column="e.meta_data")}, counted.going + 1))
    OR (jsonb_typeof(e.meta_data) = 'object'
        AND e.meta_data -> 'current_participants' IS DISTINCT FROM to_jsonb(counted.going))
 ORDER BY random() LIMIT %s
"""  # noqa: S608 - a constant
_NO_PERSON = """
DELETE FROM django.events_eventattendance a
 WHERE event_id = ANY(%s) AND NOT EXISTS (SELECT FROM public.user_profiles p WHERE p.user_id = a.user_id)
"""


@service
def attendance_sweep() -> int:
    """Remove answers that lost their event or person, fill places, and make counts right; returns at how many events."""
    with connection.cursor() as cursor:
        for statement in _NO_EVENT:
            cursor.execute(statement)
        cursor.execute(_UNSETTLED, [AT_ONCE])
        unsettled = [row[0] for row in cursor.fetchall()]
    events = LockedEvent.lock_all(unsettled)
    with connection.cursor() as cursor:
        cursor.execute(_NO_PERSON, [[event.id for event in events]])
    for event in events:
        event.settle()
    return len(events)
