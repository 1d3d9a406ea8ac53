"""Events as things that can be reported, removed and put back (docs/decisions/012-moderation.md)."""

import uuid

from accounts.callers import Caller
from accounts.shapes import AUTHOR_COLUMNS
from events import reads
from events.models import Event, EventAttendance, EventRevision
from events.services.locked import LockedEvent
from lifestring import rows
from lifestring.errors import ConflictError
from lifestring.statements import changed, first_row
from moderation.targets import Context, Subject, Taken

ORGANISER_GONE = "The organiser's account is gone, so this cannot be put back."
THERE = "This is there already."

_CONTEXT = ("user_id", AUTHOR_COLUMNS[1], "title", "description", "location", "start_time", "created_at")
_EVENT = """
SELECT json_build_object(
         'event', to_json(e),
         'attendance', coalesce((SELECT json_agg(a) FROM django.events_eventattendance a WHERE a.event_id = e.id), '[]'),
         'revision', (SELECT to_json(r) FROM django.events_eventrevision r WHERE r.event_id = e.id))::text,
       ARRAY(SELECT e.user_id UNION SELECT user_id FROM django.events_eventattendance WHERE event_id = e.id)
  FROM public.events e WHERE e.id = %s
"""
_ORGANISER_IS_THERE = """
SELECT 1 FROM auth.users u WHERE u.id = (%(content)s::json -> 'event' ->> 'user_id')::uuid
"""
_PUT_EVENT = """
INSERT INTO public.events (id, user_id, title, description, start_time, end_time, location, meta_data, custom_fields,
                           created_at)
SELECT id, user_id, title, description, start_time, end_time, location, meta_data, custom_fields, created_at
  FROM json_populate_record(NULL::public.events, %(content)s::json -> 'event')
"""
_PUT_ATTENDANCE = """
INSERT INTO django.events_eventattendance (event_id, user_id, status, created_at, updated_at)
SELECT event_id, user_id, status, created_at, updated_at
  FROM json_populate_recordset(NULL::django.events_eventattendance, %(content)s::json -> 'attendance') a
 WHERE EXISTS (SELECT FROM public.user_profiles p WHERE p.user_id = a.user_id)
"""
# One more than it was: calendar programs took it out, and look at it again.
_PUT_REVISION = """
INSERT INTO django.events_eventrevision (event_id, sequence, changed_at)
VALUES (%(event)s, coalesce((%(content)s::json -> 'revision' ->> 'sequence')::integer, 0) + 1, statement_timestamp())
"""
_WITHOUT = """
WITH content AS (SELECT %(content)s::json AS c)
SELECT json_build_object(
    'event', c -> 'event', 'revision', c -> 'revision',
    'attendance', coalesce((SELECT json_agg(a) FROM json_array_elements(c -> 'attendance') a
                             WHERE a ->> 'user_id' <> %(user)s), '[]'))::text
  FROM content
"""


class EventTarget:
    """An event, with everybody's answers to it."""

    def find(self, target_id: uuid.UUID) -> Subject | None:
        """Return its organiser."""
        for [organiser_id] in rows.fetch(reads.one, (target_id,), ("user_id",)):
            return Subject(organiser_id)
        return None

    def is_visible_to(self, target_id: uuid.UUID, caller: Caller) -> bool:
        """Everybody reads events by their id."""
        return reads.is_there(target_id)

    def context(self, target_id: uuid.UUID) -> Context | None:
        """Return what it says."""
        for user_id, name, title, description, place, start, at in rows.fetch(reads.one, (target_id,), _CONTEXT):
            details = {"title": title, "location": place or "", "start": start.isoformat()}
            return Context(description or title, user_id, name, at, details, ())
        return None

    def take(self, target_id: uuid.UUID) -> Taken | None:
        """Delete it, and with it who attends."""
        if not LockedEvent.lock_all([target_id]):
            return None
        row = first_row(_EVENT, [target_id])
        EventAttendance.objects.to_event(target_id).delete()
        EventRevision.objects.filter(event_id=target_id).delete()
        Event.objects.filter(id=target_id).delete()
        return Taken(*row) if row else None

    def put_back(self, target_id: uuid.UUID, content: str) -> None:
        """Put it back with the answers of those who are still there; who waits moves up where there is room."""
        values = {"content": content, "event": target_id}
        if reads.is_there(target_id):
            raise ConflictError(THERE)
        if first_row(_ORGANISER_IS_THERE, values) is None:
            raise ConflictError(ORGANISER_GONE)
        for statement in (_PUT_EVENT, _PUT_ATTENDANCE, _PUT_REVISION):
            changed(statement, values)
        LockedEvent.lock(target_id).settle()

    def without(self, content: str, user_id: uuid.UUID) -> str | None:
        """Drop one person's answer."""
        row = first_row(_WITHOUT, {"content": content, "user": str(user_id)})
        return row[0] if row else None
