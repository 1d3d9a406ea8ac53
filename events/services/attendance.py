"""Who comes to an event: places, the line for them, and the count, decided under the event's lock."""

import uuid

from django.db import connection
from django.utils import timezone

from accounts.callers import Caller
from events.models import AttendanceStatus, EventAttendance
from events.services.locked import LockedEvent
from lifestring.db import service
from lifestring.errors import BlockedError, ConflictError, DomainError, ErrorCode, NotFoundError

FULL = "Every place is taken."
OVER = "This event is over."

# What a foreign key would do: an erasure waits for us, or we find the person gone. Before the event's lock, because an
# erasure takes its locks in that order too; and SHARE, because it begins with a lock that KEY SHARE would get past, to
# stand in the way of its end.
_HOLD_PERSON = "SELECT 1 FROM public.user_profiles WHERE user_id = %s FOR SHARE"
_WRITE = """
INSERT INTO django.events_eventattendance (event_id, user_id, status, created_at, updated_at)
VALUES (%s, %s, %s, statement_timestamp(), statement_timestamp())
ON CONFLICT (event_id, user_id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at
"""


@service
def attendance_set(*, caller: Caller, event_id: uuid.UUID, status: str, wait: bool = False) -> None:
    """Say whether one comes; the same answer again changes nothing.

    Args:
        caller: whose answer it is.
        event_id: to what.
        status: `going`, `maybe` or `declined`.
        wait: where every place is taken, stand in line for one instead of failing.

    Raises:
        NotFoundError: there is no such event.
        BlockedError: a block stands between caller and organiser.
        ConflictError: the event is over.
        DomainError: every place is taken (422 `full`).
    """
    _hold(caller)
    event = LockedEvent.lock(event_id)
    if event.user_id in caller.hidden_ids:
        raise BlockedError
    if event.end_time is not None and event.end_time < timezone.now() and not event.repeats:
        raise ConflictError(OVER)
    # Whoever waits for a place that became free behind our back comes first.
    going = event.going()
    own = EventAttendance.objects.to_event(event_id).by_person(caller.user_id)
    before = own.values_list("status", flat=True).first()
    if status == AttendanceStatus.GOING and before != status and event.capacity is not None and going >= event.capacity:
        if not wait:
            raise DomainError(FULL, code=ErrorCode.FULL, status=422)
        status = AttendanceStatus.WAITING
    if status != before:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [event_id, caller.user_id, status])
    event.settle()


@service
def attendance_remove(*, caller: Caller, event_id: uuid.UUID) -> None:
    """Take one's answer back; again changes nothing. It stays possible across a block, and when the event is over.

    Raises:
        NotFoundError: there is no such event.
    """
    event = LockedEvent.lock(event_id)
    if EventAttendance.objects.to_event(event_id).by_person(caller.user_id).delete()[0]:
        event.settle()


def _hold(caller: Caller) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_PERSON, [caller.user_id])
        if cursor.fetchone() is None:
            raise NotFoundError
