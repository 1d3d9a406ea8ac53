"""What an export holds of events, of answers to them and of the calendar feed (docs/api.md, People)."""

import uuid

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.exporting import Part, after, table
from events.models import CalendarToken, Event, EventAttendance, EventRevision


def _events(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Event]:
    revision = EventRevision.objects.filter(event_id=OuterRef("id"))
    changed = Event.objects.filter(user_id=user_id).annotate(
        times_changed=Coalesce(Subquery(revision.values("sequence")), Value(0)),
        changed_at=Subquery(revision.values("changed_at")),
    )
    return after(changed, "id", last)


def _attendance(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[EventAttendance]:
    return after(EventAttendance.objects.by_person(user_id), "event_id", last)


def _calendar_feed(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[CalendarToken]:
    return after(CalendarToken.objects.filter(user_id=user_id), "user_id", last)


EXPORTS = (
    Part(
        "events",
        "The events one organises.",
        table(
            _events,
            *("id", "title", "description", "start_time", "end_time", "location"),
            *("meta_data", "custom_fields", "created_at", "changed_at", "times_changed"),
            json=("meta_data", "custom_fields"),
        ),
    ),
    Part(
        "attendance",
        "Own answers to events, whoever organises them.",
        table(_attendance, "event_id", "status", "created_at", "updated_at"),
    ),
    Part(
        "calendar_feed",
        "Since when the calendar feed has a token; the token itself nobody knows any more.",
        table(_calendar_feed, "user_id", "created_at"),
    ),
)
