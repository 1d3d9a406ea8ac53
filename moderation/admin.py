"""Moderation in the admin: tables of cases, reports, sanctions and the trail, and its part of a person's page."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff.panels import SHOWN, Line, Panel, register_panel
from accounts.staff.reads import names_of
from lifestring.admin import MOST_COUNTED, ReadOnlyAdmin, an_id, person_link
from lifestring.figures import Figure, per_day, register_figure
from moderation import admin_queue
from moderation.admin_queue import trail_about
from moderation.models import AuditEntry, Case, Report, Sanction, SanctionKind
from moderation.staff import staff_names

__all__ = ["admin_queue"]


class FoundByIdAdmin(ReadOnlyAdmin):
    """A page of rows that are found by the id of something they are about."""

    search_fields = ("id",)
    about: tuple[str, ...] = ()

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for an id."""
        given = an_id(text)
        if given is None:
            return rows.none()
        asked = Q()
        for name in self.about:
            asked |= Q(**{name: given})
        return rows.filter(asked)

    # Columns with the ids of people and of staff, who are shown by their names.
    people: tuple[str, ...] = ("person_id",)
    staff: tuple[str, ...] = ()

    def dress(self, rows: list[Any]) -> None:
        """Add the names of the people in the rows of a page."""
        names = names_of(getattr(row, name) for row in rows for name in self.people)
        names |= staff_names(getattr(row, name) for row in rows for name in self.staff)
        for row in rows:
            row.names = names

    @staticmethod
    def name_of(row: Any, user_id: uuid.UUID | None) -> str | None:
        """Return a name that was read for the page."""
        names: dict[uuid.UUID | None, str] = getattr(row, "names", {})
        return names.get(user_id)

    @admin.display
    def person(self, row: Any) -> SafeString | str:
        """Lead to the person's page."""
        return person_link(row.person_id, self.name_of(row, row.person_id))

    @admin.display(description="case")
    def of_case(self, row: Any) -> SafeString | str:
        """Lead to the case."""
        if row.case_id is None:
            return ""
        return format_html('<a href="{}">{}</a>', reverse("admin:case", args=[row.case_id]), row.case_id)


@admin.register(Case)
class CaseAdmin(FoundByIdAdmin):
    """All cases, decided and not; one leads to its own page."""

    list_display = ("__str__", "severity", "reporters_count", "opened_at", "decided_at", "person")
    list_filter = ("status",)
    search_help_text = "The id of a case, of what it is about or of whose that is"
    # The open ones, which have no time yet, and then those that were decided last.
    ordering = ("-decided_at", "id")
    period = "decided_at"
    about = ("id", "target_id", "person_id")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead on to the page of the case."""
        given = an_id(object_id)
        if given is None:
            raise Http404
        return HttpResponseRedirect(reverse("admin:case", args=[given]))


@admin.register(Report)
class ReportAdmin(FoundByIdAdmin):
    """What was reported, by whom, and of what."""

    list_display = ("__str__", "source", "reporter", "created_at", "is_open", "of_case")
    search_help_text = "The id of a report, a reporter, a case or what it is about"
    ordering = ("-created_at", "id")
    period = "created_at"
    about = ("id", "reporter_id", "case_id", "target_id")
    people = ("reporter_id",)

    @admin.display
    def reporter(self, report: Report) -> SafeString | str:
        """Lead to the page of whoever reported it."""
        return person_link(report.reporter_id, self.name_of(report, report.reporter_id))


@admin.register(Sanction)
class SanctionAdmin(FoundByIdAdmin):
    """Warnings and suspensions; they are ended on the page of the person."""

    title = "Warnings and suspensions"
    list_display = ("kind", "person", "imposed_at", "ends_at", "lifted_at", "of_case")
    search_help_text = "The id of a sanction, a person or a case"
    ordering = ("-imposed_at", "id")
    period = "imposed_at"
    about = ("id", "person_id", "case_id")


@admin.register(AuditEntry)
class AuditEntryAdmin(FoundByIdAdmin):
    """The trail: what staff did, to whom, and why; nobody can change it."""

    title = "Trail"
    staff = ("actor_id",)
    list_display = ("at", "action", "actor", "person", "of_case", "why")
    search_help_text = "The id of a person, a case, a thing, or of who did it"
    ordering = ("-at", "-id")
    period = "at"
    json_columns = ("before", "after")
    change_list_template = "admin/moderation/trail.html"

    @admin.display
    def actor(self, entry: AuditEntry) -> str:
        """Show who did it."""
        return self.name_of(entry, entry.actor_id) or str(entry.actor_id or "somebody")

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for an id, whatever it is of."""
        return trail_about(rows, text)  # type: ignore[arg-type]


def _cases(user_id: uuid.UUID) -> Sequence[Line]:
    return [
        Line(str(case), case.opened_at, reverse("admin:case", args=[case.id]))
        for case in Case.objects.about_person(user_id)[: SHOWN + 1]
    ]


def _sanctions(user_id: uuid.UUID) -> Sequence[Line]:
    return [_sanction_line(sanction) for sanction in Sanction.objects.of_person(user_id)[: SHOWN + 1]]


def _sanction_line(sanction: Sanction) -> Line:
    is_over = sanction.lifted_at is not None or (sanction.ends_at is not None and sanction.ends_at <= timezone.now())
    runs = sanction.kind == SanctionKind.SUSPENSION and not is_over
    until = f"until {sanction.ends_at:%Y-%m-%d %H:%M}" if sanction.ends_at else "for good" if runs else ""
    return Line(
        f"{sanction.kind}: {sanction.reason}",
        sanction.imposed_at,
        reverse("admin:moderation_sanction_change", args=[sanction.id]),
        "lifted" if sanction.lifted_at else until,
        str(sanction.id) if runs else "",
    )


def _trail(user_id: uuid.UUID) -> Sequence[Line]:
    return [
        Line(
            f"{entry.action} {entry.why or ''}",
            entry.at,
            reverse("admin:moderation_auditentry_change", args=[entry.id]),
        )
        for entry in AuditEntry.objects.about_person(user_id).defer("before", "after")[: SHOWN + 1]
    ]


def _all(page: str) -> Any:
    return lambda user_id: f"{reverse(f'admin:moderation_{page}_changelist')}?q={user_id}"


register_figure(
    Figure("reports", "New reports", per_day("django.moderation_report"), place=60),
    Figure("cases_open", "Cases to decide", level=lambda: float(Case.objects.open()[:MOST_COUNTED].count()), place=61),
    Figure(
        "decision_hours",
        "Hours to a decision, of the middle case",
        per_day(
            "django.moderation_case",
            "decided_at",
            value="percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 3600)",
        ),
        is_mean=True,
        place=62,
    ),
)
register_panel(
    Panel("cases", "Cases", _cases, more=_all("case"), place=10),
    Panel("sanctions", "Warnings and suspensions", _sanctions, more=_all("sanction"),
          form="admin/moderation/sanction_form.html", place=12),
    Panel("trail", "What staff did", _trail, more=_all("auditentry"), place=80),
)  # fmt: skip
