"""What the routes of events read, as functions of values alone, so that their SQL is kept (lifestring/rows.py)."""

import uuid
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from accounts.callers import Caller
from accounts.models import UserProfile
from events.models import CalendarToken, Event, EventAttendance
from events.querysets import EventAttendanceQuerySet, EventQuerySet
from lifestring import rows, search


class EventFilters(NamedTuple):
    """The filters of GET /events; None where not asked for."""

    organiser: uuid.UUID | None
    earliest: datetime | None
    latest: datetime | None
    upcoming: bool
    place: str | None
    text: str | None


class JoinFilters(NamedTuple):
    """The filters of GET /joins; None where not asked for."""

    place: str | None
    difficulty: str | None
    text: str | None


def ranked(caller: Caller, text: str) -> EventQuerySet:
    """The newest events that match a search, with their ranks."""
    return Event.objects.listed_for(caller).ranked(text)


def best(caller: Caller, text: str) -> list[uuid.UUID]:
    """Return which events answer a search, of those that are ranked, the best first."""
    return search.best_first(rows.fetch(ranked, (caller, text), ("id", "rank")))


def listed(
    caller: Caller,
    organiser: uuid.UUID | None,
    earliest: datetime | None,
    latest: datetime | None,
    upcoming: bool,  # noqa: FBT001 - the filters one by one, as kept SQL needs them
    place: str | None,
    text: str | None,
) -> EventQuerySet:
    """Everybody's events, narrowed by `EventFilters`."""
    found = Event.objects.listed_for(caller).starting(earliest, latest)
    if organiser is not None:
        found = found.organised_by(organiser)
    if upcoming:
        found = found.upcoming()
    if place:
        found = found.at_place(place)
    return found.matching(text) if text else found


def everything() -> QuerySet[Event]:
    """All events there are."""
    return Event.objects.all()


def own(caller: Caller) -> EventQuerySet:
    """The events the caller organises."""
    return Event.objects.organised_by(caller.user_id)


def own_newest(caller: Caller) -> QuerySet[Event]:
    """The caller's events for the frontend's short list."""
    return own(caller).order_by("-created_at", "-id")


def one(event_id: uuid.UUID) -> QuerySet[Event]:
    """One event."""
    return Event.objects.filter(id=event_id)


def is_there(event_id: uuid.UUID) -> bool:
    """Whether there is such an event."""
    return Event.objects.filter(id=event_id).exists()


def answers_to(event_id: uuid.UUID, caller: Caller, status: str | None) -> EventAttendanceQuerySet:
    """Who answered an event, or who gave one answer."""
    found = EventAttendance.objects.to_event(event_id).listed_for(caller)
    return found.filter(status=status) if status else found


def answer_of(event_id: uuid.UUID, caller: Caller) -> QuerySet[Event]:
    """One event with the caller's own answer to it."""
    return Event.objects.filter(id=event_id).with_answer_of(caller)


def profiles(user_ids: tuple[uuid.UUID, ...]) -> QuerySet[UserProfile]:
    """The profiles of these people."""
    return UserProfile.objects.filter(user_id__in=user_ids)


def joins(caller: Caller, place: str | None, difficulty: str | None, text: str | None) -> EventQuerySet:
    """Everybody's joins, narrowed by `JoinFilters`."""
    found = Event.objects.listed_for(caller).joins()
    if place:
        found = found.at_place(place)
    if difficulty:
        found = found.of_difficulty(difficulty)
    return found.matching(text) if text else found


def own_joins(caller: Caller) -> EventQuerySet:
    """The joins the caller organises."""
    return own(caller).joins()


def joins_page(caller: Caller, place: str | None, difficulty: str | None, text: str | None) -> QuerySet[Event]:
    """As `joins`, the newest first, with what the flat shape shows."""
    return joins(caller, place, difficulty, text).as_joins(caller).order_by("-created_at", "-id")


def own_joins_page(caller: Caller) -> QuerySet[Event]:
    """As `own_joins`, the newest first, with what the flat shape shows."""
    return own_joins(caller).as_joins(caller).order_by("-created_at", "-id")


def one_join(event_id: uuid.UUID, caller: Caller) -> QuerySet[Event]:
    """One join."""
    return Event.objects.filter(id=event_id).joins().as_joins(caller)


def calendar(caller: Caller) -> QuerySet[Event]:
    """The caller's calendar, the latest events first, so that a limit leaves out old ones."""
    return Event.objects.in_calendar_of(caller).for_calendar(caller).order_by("-start_time", "-id")


def one_for_calendar(event_id: uuid.UUID, caller: Caller) -> QuerySet[Event]:
    """One event, as calendars show it."""
    return Event.objects.filter(id=event_id).for_calendar(caller)


def feed_owner(token: str) -> uuid.UUID | None:
    """Whose calendar feed a token opens."""
    return (
        CalendarToken.objects.filter(token_hash=CalendarToken.hash_of(token)).values_list("user_id", flat=True).first()
    )


def feed_since(caller: Caller) -> datetime | None:
    """Since when the caller's feed is open with a token; None where it is not."""
    return CalendarToken.objects.filter(user_id=caller.user_id).values_list("created_at", flat=True).first()
