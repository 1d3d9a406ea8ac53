"""What it costs to tell what models cost: so many queries, however much was used."""

import pytest
from django.utils import timezone

from ai.models import UsageEntry
from lifestring.testing.people import Person
from lifestring.testing.queries import measured

pytestmark = pytest.mark.django_db

# The caller, the ledger, the counts of messages, the day's spending.
BUDGETS = {"/api/ai/usage": 4}


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, rows: int):
    now = timezone.now()
    UsageEntry.objects.bulk_create(
        UsageEntry(user_id=alice.user_id, purpose="chat", reserved=0, day=now.date(), expires_at=now)
        for _ in range(rows)
    )
    for address, budget in BUDGETS.items():
        queries, body = measured(alice, address, rows)
        assert len(queries) == budget, "\n".join(sql[:200] for sql in queries)
        assert body["data"]["today"]["messages"] == rows
