"""What erasing an account means for events (docs/api.md, People)."""

import uuid

from events.models import CalendarToken, Event, EventAttendance, EventRevision
from events.services.locked import LockedEvent


def erase_events(user_id: uuid.UUID) -> None:
    """Delete the events a person organises and all their answers; at others' events whoever waits moves up."""
    own = list(Event.objects.organised_by(user_id).values_list("id", flat=True))
    others = EventAttendance.objects.by_person(user_id).values_list("event_id", flat=True)
    locked = LockedEvent.lock_all({*own, *others})
    EventAttendance.objects.by_person(user_id).delete()
    EventAttendance.objects.filter(event_id__in=own).delete()
    EventRevision.objects.filter(event_id__in=own).delete()
    CalendarToken.objects.filter(user_id=user_id).delete()
    # All there are by now, not only those found above.
    Event.objects.organised_by(user_id).delete()
    for event in locked:
        if event.user_id != user_id:
            event.settle()
