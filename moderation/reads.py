"""What the routes of moderation read, as functions of values alone, so that their SQL is kept (lifestring/rows.py)."""

import uuid

from accounts.callers import Caller
from moderation.models import Report, Sanction
from moderation.querysets import ReportQuerySet, SanctionQuerySet


def own_reports(caller: Caller) -> ReportQuerySet:
    """What the caller reported."""
    return Report.objects.by_person(caller.user_id)


def own_report(report_id: uuid.UUID, caller: Caller) -> ReportQuerySet:
    """One report of the caller's."""
    return own_reports(caller).filter(id=report_id)


def own_sanctions(caller: Caller) -> SanctionQuerySet:
    """What the caller was told or forbidden."""
    return Sanction.objects.filter(person_id=caller.user_id)


def own_appeal(appeal_id: uuid.UUID, caller: Caller) -> SanctionQuerySet:
    """The caller's sanction that an appeal is against."""
    return own_sanctions(caller).filter(appeal__id=appeal_id)
