"""What the tests of moderation do again and again: report, and do something with the case."""

import uuid
from typing import Any

from lifestring.testing.people import Person
from moderation import services
from moderation.models import Case

WHY = "It breaks the rules."


def report(person: Person, kind: str, target_id: Any, reason: str = "spam", **fields: Any) -> Any:
    """Report over REST; returns the answer."""
    return person.client.post(
        "/api/reports", {"target_type": kind, "target_id": str(target_id), "reason": reason, **fields}
    )


def case_about(reporter: Person, kind: str, target_id: Any) -> Case:
    """Report something and return its open case."""
    answer = report(reporter, kind, target_id)
    assert answer.status_code == 201, answer.content
    return Case.objects.open().get(target_type=kind, target_id=target_id)


def remove(moderator: Person, case: Case) -> int:
    """Remove what a case is about, as it stands now; returns its new version."""
    version = Case.objects.get(id=case.id).version
    return services.case_remove(caller=moderator.caller, case_id=case.id, version=version, why=WHY)


def restore(moderator: Person, case: Case) -> int:
    """Put back what a case is about."""
    version = Case.objects.get(id=case.id).version
    return services.case_restore(caller=moderator.caller, case_id=case.id, version=version, why=WHY)


def suspend(moderator: Person, person: Person, days: int | None = 7) -> uuid.UUID:
    """Suspend somebody without a case; returns the sanction's id."""
    return services.person_suspend(
        caller=moderator.caller, user_id=person.user_id, days=days, message="Insults, after a warning.", why=WHY
    )
