"""What the pages of moderation show: the queue, and one case with all that helps to decide it."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from accounts.staff.reads import names_of
from moderation.models import Appeal, AuditEntry, Case, CaseNote, Report, Sanction, Snapshot
from moderation.staff import staff_names
from moderation.targets import Context, target_of

PER_PAGE = 50
SHOWN = 10
URGENCY = {3: ("urgent", "bad"), 2: ("serious", "warn"), 1: ("nuisance", "")}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case in the list; `case` has the numbers of the person's history."""

    case: Any
    urgency: str
    tone: str
    reasons: Sequence[tuple[str, int]]
    person: str
    claimed_by: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of a case: a report, a note, an act."""

    who: str
    what: str
    text: str
    at: Any


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case, and what helps to decide it."""

    row: QueueRow
    context: Context | None
    reports: Sequence[Said]
    notes: Sequence[Said]
    trail: Sequence[Said]
    past: Sequence[Case]
    sanctions: Sequence[Sanction]
    snapshot: Snapshot | None

    @property
    def case(self) -> Any:
        """The case itself."""
        return self.row.case


def queue(user_id: uuid.UUID, whose: str, kind: str, page: int) -> tuple[list[QueueRow], bool]:
    """Return a page of what is to be decided, the most urgent first, and whether there is more.

    Args:
        user_id: who looks.
        whose: `free` for what nobody else works on, `mine` for the viewer's, `removed` for what was decided that way and can
            be put back, anything else for all.
        kind: one of `TargetType`, or empty for all.
        page: from 0.
    """
    found = (Case.objects.to_put_back() if whose == "removed" else Case.objects.for_queue()).with_history()
    if whose == "mine":
        found = found.claimed_by_person(user_id)
    elif whose == "free":
        found = found.free_for(user_id)
    if kind:
        found = found.filter(target_type=kind)
    cases = list(found[page * PER_PAGE : (page + 1) * PER_PAGE + 1])
    return rows_of(cases[:PER_PAGE], user_id), len(cases) > PER_PAGE


def rows_of(cases: Sequence[Any], user_id: uuid.UUID) -> list[QueueRow]:
    """Dress cases for the list; three queries or four for all of them."""
    reasons: dict[uuid.UUID, list[tuple[str, int]]] = {}
    said = Report.objects.filter(case_id__in=[case.id for case in cases]).values_list("case_id", "reason")
    for case_id, reason, count in said.annotate(count=Count("*")).order_by("-count", "reason"):
        reasons.setdefault(case_id, []).append((_word(reason), count))
    people = names_of(case.person_id for case in cases)
    staff = staff_names(case.claimed_by for case in cases)
    return [
        QueueRow(
            case,
            *URGENCY.get(case.severity, URGENCY[1]),
            reasons.get(case.id, []),
            people.get(case.person_id, "nobody in particular" if case.person_id is None else "Without a name"),
            staff.get(case.claimed_by, "somebody") if case.claimed_by else "",
            case.claimed_by == user_id,
        )
        for case in cases
    ]


def one_case(case_id: uuid.UUID, user_id: uuid.UUID) -> CaseView | None:
    """Return a case with all that helps to decide it; None where there is none. About fifteen queries."""
    case = Case.objects.with_history().filter(id=case_id).first()
    if case is None:
        return None
    [row] = rows_of([case], user_id)
    past = Case.objects.about_person(case.person_id).exclude(id=case.id)[:SHOWN] if case.person_id else ()
    sanctions = Sanction.objects.of_person(case.person_id)[:SHOWN] if case.person_id else ()
    return CaseView(
        row,
        target_of(case.target_type).context(case.target_id),
        _reports(case_id),
        _notes(case_id),
        trail_lines(AuditEntry.objects.of_case(case_id)[: SHOWN * 2]),
        list(past),
        list(sanctions),
        Snapshot.objects.about(case.target_type, case.target_id).defer("content").first(),
    )


def trail_lines(entries: Iterable[AuditEntry]) -> list[Said]:
    """Return entries of the trail with the names of who did it."""
    found = list(entries)
    names = staff_names(entry.actor_id for entry in found)
    return [
        Said(
            names.get(entry.actor_id, "somebody") if entry.actor_id else "somebody",
            entry.action,
            entry.why or "",
            entry.at,
        )
        for entry in found
    ]


def waiting_appeals() -> list[dict[str, Any]]:
    """Return the appeals nobody has decided, the oldest first, with whose they are and who imposed what."""
    appeals = list(Appeal.objects.waiting()[:PER_PAGE])
    people = names_of(appeal.person_id for appeal in appeals)
    staff = staff_names(appeal.sanction.imposed_by for appeal in appeals)
    return [
        {
            "appeal": appeal,
            "person": people.get(appeal.person_id, "Without a name"),
            "imposed_by": staff.get(appeal.sanction.imposed_by, "somebody")
            if appeal.sanction.imposed_by
            else "somebody",
        }
        for appeal in appeals
    ]


def _reports(case_id: uuid.UUID) -> list[Said]:
    reports = list(Report.objects.of_case(case_id)[: SHOWN * 5])
    names = names_of(report.reporter_id for report in reports)
    return [
        Said(
            names.get(report.reporter_id, "somebody") if report.source == "person" and report.reporter_id
            else "staff or somebody who is gone" if report.source == "person" else f"by itself: {report.source}",
            _word(report.reason), report.details, report.created_at,
        )
        for report in reports
    ]  # fmt: skip


def _notes(case_id: uuid.UUID) -> list[Said]:
    notes = list(CaseNote.objects.filter(case_id=case_id).order_by("created_at", "id")[: SHOWN * 5])
    names = staff_names(note.author_id for note in notes)
    return [
        Said(
            names.get(note.author_id, "somebody") if note.author_id else "somebody", "note", note.text, note.created_at
        )
        for note in notes
    ]


def _word(reason: str) -> str:
    return reason.replace("_", " ")
