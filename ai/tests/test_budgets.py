"""Money and messages: reserved before, settled after, once, also by many at the same moment (docs/api.md, AI)."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from ai import services
from ai.budgets import BudgetExceededError
from ai.clients.usage import Usage
from ai.models import MessageCount, Spending, UsageEntry
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db(transaction=True)

CENT = Decimal("0.01")


def reserve(person: Person, cost: Decimal = CENT, **how: Any) -> uuid.UUID:
    return services.usage_reserve(user_id=person.user_id, room_id=None, purpose="chat", cost=cost, **how)


def spent() -> Decimal:
    return Spending.objects.get().spent


def test_of_fifty_at_once_as_many_pass_as_may(many_connections: None, together: Together, alice: Person, settings: Any):
    settings.AI_MESSAGES_PER_HOUR = 10

    def ask() -> str:
        try:
            reserve(alice)
        except BudgetExceededError as error:
            return str(error.more["budget"]["scope"])
        return "passed"

    answers = together(*[ask] * 50)
    assert sorted(answers) == ["hour"] * 40 + ["passed"] * 10
    assert UsageEntry.objects.count() == 10
    assert {count.span: count.count for count in MessageCount.objects.all()} == {"hour": 10, "day": 10}
    assert spent() == 10 * CENT


def test_a_turn_is_settled_at_what_it_used_and_once(alice: Person):
    entry = reserve(alice)
    services.usage_extend(user_id=alice.user_id, reservation_id=entry, cost=CENT)
    assert spent() == 2 * CENT
    for _ in range(2):
        settled = services.usage_settle(
            user_id=alice.user_id,
            reservation_id=entry,
            calls=[("gpt-6-luna", Usage(1000, 400, 100)), ("gpt-6-luna", Usage(2000, 0, 50, is_estimate=True))],
            outcome="done",
            latency_ms=5,
        )
        assert settled == (3150, Decimal("0.000339"))
        assert spent() == settled.cost
