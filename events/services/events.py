"""Inviting to events, changing and deleting them; joins are events (docs/api.md, Events)."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast, Now

from accounts.callers import Caller
from events.models import Event, EventAttendance, EventRevision
from events.services.locked import LockedEvent
from lifestring.db import service
from lifestring.dispatch import enqueue_on_commit
from lifestring.errors import ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.json_merge import column_value, merged_column

ENDS_FIRST = "An event cannot end before it starts."
JSON_COLUMNS = ("meta_data", "custom_fields")
# What search by meaning goes by.
EMBEDDED_FIELDS = {"title", "description", "location", "meta_data"}

_REVISE = """
INSERT INTO django.events_eventrevision (event_id, sequence, changed_at) VALUES (%s, 1, statement_timestamp())
ON CONFLICT (event_id) DO UPDATE SET sequence = events_eventrevision.sequence + 1, changed_at = excluded.changed_at
"""


@service
def event_create(*, caller: Caller, event_id: uuid.UUID, values: dict[str, Any]) -> uuid.UUID:
    """Store an event; a second call with the same id stores nothing (docs/decisions/004-idempotency.md).

    Args:
        caller: the organiser.
        event_id: the new row's id.
        values: validated fields of `EventCreateSerializer` or `JoinCreateSerializer`.

    Raises:
        ValidationFailedError: it would end before it starts.
    """
    _check_times(values["start_time"], values.get("end_time"))
    # Nobody goes yet; the number is never the client's.
    meta = {**values.get("meta_data", {}), "current_participants": 0}
    # The statement's time, not the transaction's: rows written one after the other sort that way.
    event = Event(id=event_id, user_id=caller.user_id, created_at=Now(), **{**values, "meta_data": meta})
    Event.objects.bulk_create([event], ignore_conflicts=True)
    _embed(event_id)
    return event_id


@service
def event_update(
    *, caller: Caller, event_id: uuid.UUID, values: dict[str, Any], merge: bool, only_join: bool = False
) -> None:
    """Change the given fields; where there are more places now, those who wait move up.

    Args:
        caller: the organiser or an admin.
        event_id: which.
        values: validated fields of `EventUpdateSerializer` or `JoinUpdateSerializer`.
        merge: merge into the JSON columns given, as RFC 7396 does, instead of replacing them.
        only_join: an event that is no join does not count.

    Raises:
        NotFoundError: there is no such event.
        ForbiddenError: the caller may not change it.
        ValidationFailedError: it would end before it starts, or a merged column would be too large or too deep.
    """
    event = _changeable(caller, event_id, only_join=only_join)
    if not values:
        return
    if "start_time" in values or "end_time" in values:
        _check_times(values.get("start_time", event.start_time), values.get("end_time", event.end_time))
    columns = {name: values[name] for name in JSON_COLUMNS if name in values}
    if merge and columns:
        columns = _merged(event_id, columns)
    written = {name: column_value(value) for name, value in columns.items()}
    Event.objects.filter(id=event_id).update(**{**values, **written})
    with connection.cursor() as cursor:
        cursor.execute(_REVISE, [event_id])
    if EMBEDDED_FIELDS & values.keys():
        _embed(event_id)
    if "meta_data" in columns:
        # Read anew: the limit may be another one, and the count in it is the client's.
        LockedEvent.lock(event_id).settle()


@service
def event_delete(*, caller: Caller, event_id: uuid.UUID, only_join: bool = False) -> None:
    """Delete an event, and with it who attends.

    Raises:
        NotFoundError, ForbiddenError: as `event_update`.
    """
    _changeable(caller, event_id, only_join=only_join)
    EventAttendance.objects.to_event(event_id).delete()
    EventRevision.objects.filter(event_id=event_id).delete()
    Event.objects.filter(id=event_id).delete()


def _embed(event_id: uuid.UUID) -> None:
    """Have what it means computed, where a model is set up (docs/decisions/018-embeddings.md)."""
    if settings.EMBEDDINGS:
        enqueue_on_commit("ai.embed_event", str(event_id))


def _changeable(caller: Caller, event_id: uuid.UUID, *, only_join: bool) -> LockedEvent:
    event = LockedEvent.lock(event_id)
    if only_join and not event.is_join:
        raise NotFoundError
    if event.user_id != caller.user_id and not caller.is_admin:
        raise ForbiddenError
    return event


def _check_times(start: datetime, end: datetime | None) -> None:
    if end is not None and end < start:
        raise ValidationFailedError({"end_time": [ENDS_FIRST]})


def _merged(event_id: uuid.UUID, patches: dict[str, Any]) -> dict[str, Any]:
    stored = Event.objects.filter(id=event_id).values_list(*(Cast(name, TextField()) for name in patches)).get()
    return {name: merged_column(name, text, patch) for (name, patch), text in zip(patches.items(), stored, strict=True)}
