"""`GET /ai/usage` (docs/api.md, AI)."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Suspension
from ai import services
from ai.clients.usage import Usage
from ai.models import Spending, UsageEntry
from lifestring.errors import socket_error
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented, openapi, validator
from lifestring.testing.people import Person
from lifestring.urls import urlpatterns as urls
from lifestring.views import ApiViewSet

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/ai/usage"


def used(person: Person) -> Any:
    answer = person.client.get(URL)
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    return answer.json()["data"]


def use(person: Person, usage: Usage) -> uuid.UUID:
    values: dict[str, Any] = {"user_id": person.user_id}
    entry = services.usage_reserve(**values, room_id=None, purpose="chat", cost=Decimal("0.01"))
    services.usage_settle(**values, reservation_id=entry, calls=[("gpt-6-luna", usage)], outcome="done", latency_ms=1)
    return entry


def test_it_tells_what_was_used_and_what_is_left(alice: Person, bob: Person):
    nothing = {"messages": 0, "tokens": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost": 0.0}
    data = used(alice)
    assert (data["today"], data["this_month"]) == (nothing, nothing)
    assert (data["limits"]["hour"]["left"], data["limits"]["day"]["left"]) == (100, 500)
    use(alice, Usage(1000, 0, 100))
    use(bob, Usage(5, 0, 5))
    services.usage_reserve(user_id=alice.user_id, room_id=None, purpose="one_turn", cost=Decimal("0.01"))
    data = used(alice)
    cost = {"prompt_tokens": 1000, "completion_tokens": 100, "tokens": 1100, "cost": 0.00015}
    assert data["today"] == data["this_month"] == {"messages": 2, **cost}
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    midnight = f"{now.date() + timedelta(days=1)}T00:00:00.000000Z"
    assert data["limits"] == {
        "hour": {"limit": 100, "left": 98, "renews_at": hour.strftime("%Y-%m-%dT%H:00:00.000000Z")},
        "day": {"limit": 500, "left": 498, "renews_at": midnight},
        "installation": {"is_used_up": False, "renews_at": midnight},
    }


def test_it_goes_by_the_days_and_months_of_utc(alice: Person):
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    moments = [today, today - timedelta(microseconds=1), month, month - timedelta(microseconds=1)]
    for moment in moments:
        UsageEntry.objects.filter(id=use(alice, Usage(1, 0, 0))).update(created_at=moment)
    data = used(alice)
    assert data["today"]["messages"] == len([moment for moment in moments if moment >= today])
    assert data["this_month"]["messages"] == len([moment for moment in moments if moment >= month])


def test_it_tells_that_the_installation_has_spent_all(alice: Person, settings: Any):
    Spending.objects.create(day=timezone.now().date(), spent=settings.AI_DAILY_BUDGET)
    assert used(alice)["limits"]["installation"]["is_used_up"] is True
    settings.AI_MESSAGES_PER_HOUR = 1
    use_at_no_cost = {"user_id": alice.user_id, "room_id": None, "purpose": "chat", "cost": Decimal(0)}
    services.usage_reserve(**use_at_no_cost)
    assert used(alice)["limits"]["hour"]["left"] == 0


def test_a_suspended_person_may_read_it_and_one_who_is_unknown_may_not(alice: Person, anonymous: Any):
    Suspension.objects.create(user_id=alice.user_id)
    assert used(alice)["today"]["messages"] == 0
    assert_error(anonymous.get(URL), 401, "not_authenticated")


def test_an_unchanged_answer_is_not_sent_again(alice: Person):
    tag = alice.client.get(URL)["ETag"]
    assert alice.client.get(URL, HTTP_IF_NONE_MATCH=tag).status_code == 304


class AskingViewSet(ApiViewSet):
    def create(self, request: Request) -> Response:
        services.usage_reserve(user_id=request.user.user_id, room_id=None, purpose="chat", cost=Decimal("0.01"))
        return Response({})


urlpatterns = [*urls, path("asks", AskingViewSet.as_view({"post": "create"}))]


@pytest.mark.urls(__name__)
def test_a_limit_that_is_used_up_is_told_to_clients_of_both_kinds(alice: Person, settings: Any):
    settings.AI_MESSAGES_PER_HOUR = 1
    assert alice.client.post("/asks").status_code == 200
    answer = alice.client.post("/asks")
    body = assert_error(answer, 429, "ai_budget_exceeded")
    assert re.fullmatch(r"[1-9]\d*", answer["Retry-After"])
    assert not list(validator(openapi()["components"]["schemas"]["Error"], closed=True).iter_errors(body))
    assert (body["budget"]["scope"], body["budget"]["limit"], body["budget"]["left"]) == ("hour", 1, 0)
    with pytest.raises(services.usage.BudgetExceededError) as raised:
        services.usage_reserve(user_id=alice.user_id, room_id=None, purpose="chat", cost=Decimal(0))
    assert socket_error(raised.value, "7")["budget"] == body["budget"]
