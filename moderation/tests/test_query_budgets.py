"""What reads of moderation cost: so many queries, however many rows."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lifestring.testing.people import Person
from lifestring.testing.queries import measured
from lifestring.testing.volume import many_people
from moderation.models import Appeal, Case, Report, Sanction, SanctionKind

pytestmark = pytest.mark.django_db

# Queries by address, with the one that reads the caller. A full numbered page is counted, a cursor page is not.
BUDGETS = {
    "/api/my/reports": 3,
    "/api/my/reports?cursor=": 2,
    "/api/my/sanctions": 3,
    "/api/my/sanctions?cursor=": 2,
}


def many_cases(reporter: Person, people: list[uuid.UUID]) -> None:
    """A report by one person about each of others."""
    cases = Case.objects.bulk_create(
        Case(target_type="user", target_id=person, person_id=person, severity=1) for person in people
    )
    Report.objects.bulk_create(
        Report(case=case, reporter_id=reporter.user_id, target_type="user", target_id=case.target_id, reason="spam")
        for case in cases
    )


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, rows: int, subtests: pytest.Subtests):
    many_cases(alice, many_people(rows))
    sanctions = Sanction.objects.bulk_create(
        Sanction(
            person_id=alice.user_id,
            case=Case.objects.first(),
            kind=SanctionKind.WARNING,
            reason=str(n),
            imposed_at=timezone.now() - timedelta(hours=n),
        )
        for n in range(rows)
    )
    Appeal.objects.bulk_create(Appeal(sanction=each, person_id=alice.user_id, text="?") for each in sanctions)
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, body = measured(alice, address, rows)
            assert len(queries) == budget, "\n".join(queries)
            assert len(body["data"]) == rows


def test_a_page_of_the_queue_costs_one_query(alice: Person):
    many_cases(alice, many_people(50))
    with CaptureQueriesContext(connection) as captured:
        page = list(Case.objects.for_queue().with_history()[:50])
    assert (len(page), len(captured)) == (50, 1)
