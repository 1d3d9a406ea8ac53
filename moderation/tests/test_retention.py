"""What was decided long ago is forgotten, unless it still binds somebody (docs/data.md)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from lifestring.testing.people import Person
from moderation import services
from moderation.models import Appeal, AuditEntry, Case, CaseNote, Report, Sanction, Snapshot
from moderation.tasks import forget_cases
from moderation.tests.acts import WHY, case_about, remove, suspend
from strings.tests.posts import post_string

pytestmark = pytest.mark.django_db


def decided(reporter: Person, author: Person, mod: Person, how: str) -> uuid.UUID:
    case = case_about(reporter, "string", post_string(author))
    services.case_note(caller=mod.caller, case_id=case.id, text="as always")
    version = Case.objects.get(id=case.id).version
    acts: dict[str, Any] = {
        "dismiss": lambda: services.case_dismiss(caller=mod.caller, case_id=case.id, version=version, why=WHY),
        "suspend": lambda: services.case_suspend(
            caller=mod.caller, case_id=case.id, version=version, days=None, message=WHY, why=WHY
        ),
        "remove": lambda: remove(mod, case),
    }
    acts[how]()
    return case.id


def grow_older(days: int) -> None:
    """Let so many days pass for everything that has a time."""
    back = timedelta(days=days)
    Case.objects.update(opened_at=F("opened_at") - back, decided_at=F("decided_at") - back)
    Sanction.objects.update(imposed_at=F("imposed_at") - back, lifted_at=F("lifted_at") - back)


def test_cases_go_with_all_that_was_said_of_them(alice: Person, bob: Person, mod: Person, settings: Any) -> None:
    settings.CASE_DAYS = 100
    old = decided(bob, alice, mod, "dismiss")
    waiting = case_about(bob, "string", post_string(alice))
    grow_older(99)
    forget_cases()
    assert set(Case.objects.values_list("id", flat=True)) == {old, waiting.id}
    grow_older(2)
    forget_cases()
    assert Case.objects.get().id == waiting.id, "nobody has decided that one"
    assert (Report.objects.count(), CaseNote.objects.count()) == (1, 0)
    assert AuditEntry.objects.filter(case_id=old).exists(), "the trail stays"


def test_what_binds_somebody_or_can_be_undone_stays(alice: Person, bob: Person, charlie: Person, mod: Person) -> None:
    removed = decided(bob, alice, mod, "remove")
    suspended = decided(bob, charlie, mod, "suspend")
    suspend(mod, bob, days=7)
    grow_older(2000)
    forget_cases()
    assert set(Case.objects.values_list("id", flat=True)) == {removed, suspended}
    assert Sanction.objects.count() == 2, "one is for good, the other has not ended for long enough"

    appeal = Appeal.objects.create(sanction=Sanction.objects.get(case=suspended), person_id=charlie.user_id, text="No.")
    Sanction.objects.update(lifted_at=timezone.now() - timedelta(days=1500), ends_at=timezone.now())
    Snapshot.objects.all().delete()
    forget_cases()
    assert Case.objects.get().id == suspended, "what somebody said to it waits for an answer"
    assert Sanction.objects.get().case_id == suspended
    Appeal.objects.filter(id=appeal.id).update(status="refused")
    forget_cases()
    assert not Case.objects.exists()
    assert not Sanction.objects.exists()
