"""Reads of cases, reports, sanctions and the trail."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

if TYPE_CHECKING:
    from moderation.models import Appeal, AuditEntry, Case, Report, Sanction, Snapshot  # noqa: F401 - named in strings below

# So much of a history is counted: beyond it a person is known well enough.
MOST_COUNTED = 100

# Apps keep a thing under the name of its kind, and a comment among the replies to it.
_OWN_PART = """
(CASE target_type
 WHEN 'comment' THEN (SELECT c FROM json_array_elements(content::json -> 'comments') c WHERE c ->> 'id' = target_id::text)
 ELSE content::json -> target_type END)::text
"""


class _Counted(Subquery):
    """How many rows a bounded subquery has."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


class CaseQuerySet(QuerySet["Case"]):
    """Cases."""

    def open(self) -> CaseQuerySet:
        """Those nobody has decided."""
        return self.filter(status="open")

    def decided(self) -> CaseQuerySet:
        """Those somebody has decided, the last first."""
        return self.filter(status="decided").order_by("-decided_at", "id")

    def for_queue(self) -> CaseQuerySet:
        """What is to be decided, the most urgent first: by severity, number of reporters, age."""
        return self.open().order_by("-severity", "-reporters_count", "opened_at", "id")

    def to_put_back(self) -> CaseQuerySet:
        """Those whose thing was removed and can still be put back, the last decided first."""
        return self.decided().filter(snapshots__isnull=False)

    def with_history(self) -> CaseQuerySet:
        """Add what is known of whose thing it is: `past_cases` that ended in an act, `past_dismissals`, `past_sanctions`.

        Each is counted up to `MOST_COUNTED`, by an index.
        """
        past = self.model.objects.filter(person_id=OuterRef("person_id"), status="decided").order_by()
        sanctions = apps.get_model("moderation", "Sanction").objects.filter(person_id=OuterRef("person_id")).order_by()
        return self.annotate(
            past_cases=_Counted(past.exclude(decision="dismissed").values("pk")[:MOST_COUNTED]),
            past_dismissals=_Counted(past.filter(decision="dismissed").values("pk")[:MOST_COUNTED]),
            past_sanctions=_Counted(sanctions.values("pk")[:MOST_COUNTED]),
        )

    def free_for(self, user_id: uuid.UUID) -> CaseQuerySet:
        """Those nobody else has claimed."""
        return self.filter(Q(claimed_by=None) | Q(claimed_by=user_id))

    def claimed_by_person(self, user_id: uuid.UUID) -> CaseQuerySet:
        """Those a moderator has claimed."""
        return self.filter(claimed_by=user_id)

    def about(self, target_type: str, target_id: uuid.UUID) -> CaseQuerySet:
        """The cases of one thing, the newest first."""
        return self.filter(target_type=target_type, target_id=target_id).order_by("-opened_at", "id")

    def about_person(self, user_id: uuid.UUID) -> CaseQuerySet:
        """The cases about what is one person's, themself included, the newest first."""
        return self.filter(person_id=user_id).order_by("-opened_at", "id")

    def of_room(self, room_id: uuid.UUID) -> CaseQuerySet:
        """The cases about a room, or about something that was said in it."""
        return self.filter(Q(target_type="room", target_id=room_id) | Q(room_id=room_id))


class ReportQuerySet(QuerySet["Report"]):
    """Reports."""

    def by_source(self, source: str, target_id: uuid.UUID, since: datetime) -> ReportQuerySet:
        """What one source said about one thing since a moment."""
        return self.filter(source=source, target_id=target_id, created_at__gte=since)

    def by_person(self, user_id: uuid.UUID) -> ReportQuerySet:
        """What one person reported."""
        return self.filter(reporter_id=user_id)

    def of_case(self, case_id: uuid.UUID) -> ReportQuerySet:
        """What was said in one case, the first first."""
        return self.filter(case_id=case_id).order_by("created_at", "id")


class SanctionQuerySet(QuerySet["Sanction"]):
    """Sanctions."""

    def of_person(self, user_id: uuid.UUID) -> SanctionQuerySet:
        """One person's, the newest first."""
        return self.filter(person_id=user_id).order_by("-imposed_at", "id")

    def in_force(self) -> SanctionQuerySet:
        """Suspensions that hold now."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=Now()), kind="suspension", lifted_at=None)

    def with_appeal(self) -> SanctionQuerySet:
        """Add what the person said to it, and what became of that; null where they said nothing."""
        return self.annotate(
            appeal_id=F("appeal__id"),
            appeal_text=F("appeal__text"),
            appeal_status=F("appeal__status"),
            appeal_answer=F("appeal__answer"),
            appeal_at=F("appeal__created_at"),
            appeal_decided_at=F("appeal__decided_at"),
        )


class AppealQuerySet(QuerySet["Appeal"]):
    """Appeals."""

    def for_queue(self, user_id: uuid.UUID) -> AppealQuerySet:
        """Those that this member of staff may decide, the oldest first: not what they imposed themself."""
        others = Q(sanction__imposed_by=None) | ~Q(sanction__imposed_by=user_id)
        found = self.filter(others, status="open").exclude(person_id=user_id)
        return found.select_related("sanction", "sanction__case").order_by("created_at", "id")

    def waiting(self) -> AppealQuerySet:
        """All that nobody has decided, the oldest first."""
        return self.filter(status="open").select_related("sanction", "sanction__case").order_by("created_at", "id")


class SnapshotQuerySet(QuerySet["Snapshot"]):
    """What was removed."""

    def about(self, target_type: str, target_id: uuid.UUID) -> SnapshotQuerySet:
        """The snapshot of one thing."""
        return self.filter(target_type=target_type, target_id=target_id)

    def of_cases(self, case_ids: list[uuid.UUID]) -> SnapshotQuerySet:
        """What can be put back of these cases, without what is in it."""
        return self.filter(case_id__in=case_ids).defer("content")

    def holding(self, user_id: uuid.UUID) -> SnapshotQuerySet:
        """Those with something of one person in them."""
        return self.filter(people__contains=[user_id])

    def with_own_part(self) -> SnapshotQuerySet:
        """Add `own_part`, the removed thing itself as JSON text, without what others had hung on it."""
        return self.annotate(own_part=RawSQL(_OWN_PART, [], output_field=TextField()))  # noqa: S611 - a constant

    def expired(self, now: datetime) -> SnapshotQuerySet:
        """Those whose time is over."""
        return self.filter(expires_at__lte=now)


class AuditEntryQuerySet(QuerySet["AuditEntry"]):
    """The trail, the newest first."""

    def newest(self) -> AuditEntryQuerySet:
        """All of it."""
        return self.order_by("-id")

    def by_actor(self, user_id: uuid.UUID) -> AuditEntryQuerySet:
        """What one member of staff did."""
        return self.filter(actor_id=user_id).order_by("-id")

    def about_person(self, user_id: uuid.UUID) -> AuditEntryQuerySet:
        """What was done about one person and their things."""
        return self.filter(person_id=user_id).order_by("-id")

    def about(self, target_type: str, target_id: uuid.UUID) -> AuditEntryQuerySet:
        """What was done about one thing."""
        return self.filter(target_type=target_type, target_id=target_id).order_by("-id")

    def of_case(self, case_id: uuid.UUID) -> AuditEntryQuerySet:
        """What was done in one case."""
        return self.filter(case_id=case_id).order_by("-id")
