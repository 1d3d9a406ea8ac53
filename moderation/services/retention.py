"""What was decided long ago, and binds nobody any more, is kept for a while only; the trail of who did what stays."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from lifestring.db import service
from moderation.models import Appeal, Case, Sanction, Snapshot

AT_ONCE = 500


@service
def cases_forget() -> int:
    """Delete some of the cases decided more than `CASE_DAYS` ago, with their reports, notes, sanctions and appeals.

    A case stays as long as a suspension that it led to is in force, an appeal waits, or something can be put back.
    Sanctions without a case go likewise. Whatever somebody holds at the moment is left to the next time.

    Returns:
        How many cases and sanctions there were, 0 when all are gone.
    """
    begin = Now() - timedelta(days=settings.CASE_DAYS)
    waiting = Appeal.objects.waiting()
    cases = Case.objects.filter(status="decided", decided_at__lt=begin)
    cases = cases.exclude(Exists(Sanction.objects.in_force().filter(case=OuterRef("pk"))))
    cases = cases.exclude(Exists(waiting.filter(sanction__case=OuterRef("pk"))))
    cases = cases.exclude(Exists(Snapshot.objects.filter(case=OuterRef("pk"))))
    over = Q(ends_at__lt=begin) | Q(lifted_at__lt=begin) | Q(kind="warning")
    sanctions = Sanction.objects.filter(over, case=None, imposed_at__lt=begin)
    sanctions = sanctions.exclude(Exists(waiting.filter(sanction=OuterRef("pk"))))
    forgotten = 0
    for rows in (cases, sanctions):
        ids = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("id", flat=True)[:AT_ONCE])
        rows.model._default_manager.filter(id__in=ids).delete()
        forgotten += len(ids)
    return forgotten
