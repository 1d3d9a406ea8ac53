"""Reads of events and of who attends them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import BooleanField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now

from accounts.callers import Caller
from accounts.models import UserProfile
from events.expressions import Capacity, MatchScore, TextList, Words
from lifestring import search
from lifestring.expressions import TextKey

if TYPE_CHECKING:
    from events.models import Event, EventAttendance  # noqa: F401 - named in strings below

COMING = ("going", "maybe")


class EventQuerySet(QuerySet["Event"]):
    """Events; any signed-in caller may read them, but lists leave out people a block stands between."""

    def listed_for(self, caller: Caller) -> EventQuerySet:
        """Leave out organisers hidden from the caller (docs/api.md, Blocks)."""
        return self.exclude(user_id__in=caller.hidden_ids) if caller.hidden_ids else self

    def matching(self, text: str) -> EventQuerySet:
        """Events whose title, description or place answer a question."""
        return search.matching(self, text, search.EVENTS)

    def ranked(self, text: str) -> EventQuerySet:
        """The newest events that answer a question, with their `rank` (lifestring/search/matches.py)."""
        return search.ranked(self, text, search.EVENTS)

    def organised_by(self, user_id: uuid.UUID) -> EventQuerySet:
        """Events of one person."""
        return self.filter(user_id=user_id)

    def starting(self, earliest: datetime | None, latest: datetime | None) -> EventQuerySet:
        """Events that start within a span of time, both ends included."""
        found = self.filter(start_time__gte=earliest) if earliest else self
        return found.filter(start_time__lte=latest) if latest else found

    def upcoming(self) -> EventQuerySet:
        """Events that have not started yet."""
        return self.filter(start_time__gte=Now())

    def at_place(self, text: str) -> EventQuerySet:
        """Events whose place contains the text, whatever its case."""
        return self.filter(location__icontains=text)

    def joins(self) -> EventQuerySet:
        """Events that look for company."""
        return self.filter(meta_data__is_join=True)

    def of_difficulty(self, text: str) -> EventQuerySet:
        """Joins of this difficulty, whatever its case."""
        return self.annotate(named_difficulty=TextKey("meta_data", "difficulty")).filter(named_difficulty__iexact=text)

    def as_joins(self, caller: Caller) -> EventQuerySet:
        """Add what the flat shape shows of a join: capacity, who goes, tags, and what the caller has to do with it."""
        going = _attendance().filter(event_id=OuterRef("pk"), status="going").order_by()
        own = UserProfile.objects.filter(user_id=caller.user_id).values(
            words=Words(TextList("attributes", "interests"))
        )
        return self.annotate(
            capacity=Capacity(),
            going=_count(going, "event_id"),
            tags=TextList("meta_data", "tags"),
            is_joined=_own_answer(caller, "going"),
            match_score=MatchScore(
                Words(TextList("meta_data", "tags")),
                Words(TextList("author__attributes", "interests")),
                Subquery(own),
            ),
        )

    def with_answer_of(self, caller: Caller) -> EventQuerySet:
        """Add the caller's answer, its times and place in line, and how full the event is."""
        everybody = _attendance().filter(event_id=OuterRef("pk")).order_by()
        own = everybody.filter(user_id=caller.user_id)
        before = _attendance().filter(
            event_id=OuterRef("event_id"), status="waiting", updated_at__lte=OuterRef("updated_at")
        )
        waiting = own.filter(status="waiting").annotate(place=_count(before.order_by(), "event_id"))
        return self.annotate(
            answer=Subquery(own.values("status")),
            answered_at=Subquery(own.values("created_at")),
            changed_at=Subquery(own.values("updated_at")),
            place=Subquery(waiting.values("place")),
            going=_count(everybody.filter(status="going"), "event_id"),
            capacity=Capacity(),
        )

    def in_calendar_of(self, caller: Caller) -> EventQuerySet:
        """Events the caller organises or may come to."""
        answers = _attendance().filter(event_id=OuterRef("pk"), user_id=caller.user_id, status__in=COMING)
        return self.listed_for(caller).filter(Q(user_id=caller.user_id) | Exists(answers))

    def for_calendar(self, caller: Caller) -> EventQuerySet:
        """Add what calendars show beyond the event: how often it was changed, and whether the caller is undecided."""
        revision = apps.get_model("events", "EventRevision").objects.filter(event_id=OuterRef("pk"))
        return self.annotate(
            sequence=Subquery(revision.values("sequence")),
            changed_at=Subquery(revision.values("changed_at")),
            is_tentative=_own_answer(caller, "maybe"),
        )


class EventAttendanceQuerySet(QuerySet["EventAttendance"]):
    """Who answers what to which event."""

    def listed_for(self, caller: Caller) -> EventAttendanceQuerySet:
        """Leave out people hidden from the caller."""
        return self.exclude(user_id__in=caller.hidden_ids) if caller.hidden_ids else self

    def to_event(self, event_id: uuid.UUID) -> EventAttendanceQuerySet:
        """The answers to one event."""
        return self.filter(event_id=event_id)

    def by_person(self, user_id: uuid.UUID) -> EventAttendanceQuerySet:
        """One person's answers."""
        return self.filter(user_id=user_id)


def _attendance() -> QuerySet[EventAttendance]:
    found: QuerySet[EventAttendance] = apps.get_model("events", "EventAttendance").objects.all()
    return found


def _count(found: QuerySet[EventAttendance], by: str) -> Coalesce:
    """How many rows a correlated query finds; all of them share one value of the column `by`."""
    return Coalesce(Subquery(found.values(by).annotate(count=Count("*")).values("count")), Value(0))


def _own_answer(caller: Caller, status: str) -> Coalesce:
    """Whether the caller's answer to an event is this one; looked up per row, by the primary key."""
    answers = _attendance().filter(event_id=OuterRef("pk"), user_id=caller.user_id, status=status)
    return Coalesce(
        Subquery(answers.annotate(yes=Value(True)).values("yes"), output_field=BooleanField()), Value(False)
    )
