"""Money and messages: reserved before, settled after, once, also by many at the same moment (docs/api.md, AI)."""

import os
import re
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.services import user_erase
from ai import services
from ai.budgets import BudgetExceededError, subject_of
from ai.clients.usage import Usage
from ai.models import MessageCount, Spending, UsageEntry
from ai.prices import most_expensive, price_of_call
from ai.tasks import sweep_usage, trim_usage
from lifestring.errors import ConflictError, NotFoundError
from lifestring.local.state import PROJECT
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)

CENT = Decimal("0.01")
USED = ("gpt-6-luna", Usage(1000, 400, 100))
# 600 fresh tokens, 400 cached, 100 written: 0.00006 + 0.000004 + 0.00005.
USED_COST = Decimal("0.000114")


def reserve(person: Person | None = None, cost: Decimal = CENT, **how: Any) -> uuid.UUID:
    user_id = person.user_id if person else None
    return services.usage_reserve(**{"user_id": user_id, "room_id": None, "purpose": "chat", "cost": cost, **how})


def settle(person: Person | None, entry: uuid.UUID, *calls: Any, outcome: str = "done") -> services.usage.Settled:
    user_id = person.user_id if person else None
    return services.usage_settle(user_id=user_id, reservation_id=entry, calls=calls, outcome=outcome, latency_ms=5)


def refused(*args: Any, **how: Any) -> dict[str, Any]:
    with pytest.raises(BudgetExceededError) as raised:
        reserve(*args, **how)
    return {**raised.value.more["budget"], "retry_after": int(raised.value.headers["Retry-After"])}


def spent() -> Decimal:
    return Spending.objects.get().spent


def counts() -> dict[str, int]:
    return dict(MessageCount.objects.values_list("span", "count"))


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
    assert counts() == {"hour": 10, "day": 10}
    assert spent() == 10 * CENT


def test_turns_at_once_never_cost_more_than_the_day_may(
    many_connections: None, together: Together, alice: Person, bob: Person, settings: Any
):
    settings.AI_DAILY_BUDGET = Decimal("0.25")
    settled: list[Decimal] = []

    def turn(person: Person) -> int:
        """Asks, uses a tool, asks again, and costs all that was reserved for it; returns what it was refused at."""
        try:
            entry = reserve(person)
        except BudgetExceededError:
            return 1
        calls = [("gpt-6-luna", Usage(100_000, 0, 0))]
        try:
            services.usage_extend(user_id=person.user_id, reservation_id=entry, cost=CENT)
            calls *= 2
        except BudgetExceededError:
            pass
        assert Spending.objects.get().spent <= settings.AI_DAILY_BUDGET
        settled.append(settle(person, entry, *calls).cost)
        return 3 - len(calls)

    together(*[lambda: turn(alice), lambda: turn(bob)] * 20)
    assert sum(settled) == spent() == settings.AI_DAILY_BUDGET
    assert UsageEntry.objects.filter(outcome="open").count() == 0


class TestAReservation:
    def test_is_settled_at_what_was_used_and_once(self, alice: Person):
        entry = reserve(alice)
        services.usage_extend(user_id=alice.user_id, reservation_id=entry, cost=CENT)
        assert spent() == 2 * CENT
        estimated = ("gpt-6-luna", Usage(2000, 0, 50, is_estimate=True))
        for calls in ([USED, estimated], [USED] * 3, []):
            assert settle(alice, entry, *calls) == (3150, USED_COST + Decimal("0.000225"))
        assert spent() == Decimal("0.000339")
        row = UsageEntry.objects.get()
        assert (row.outcome, row.model, row.latency_ms, row.is_estimate) == ("done", "gpt-6-luna", 5, True)
        assert (row.prompt_tokens, row.cached_tokens, row.completion_tokens) == (3000, 400, 150)
        assert row.settled_at is not None

    def test_is_settled_by_one_of_many(self, many_connections: None, together: Together, alice: Person):
        entry = reserve(alice)
        together(*[lambda: settle(alice, entry, USED, outcome="cut")] * 8, *[services.usage_sweep] * 2)
        assert spent() == USED_COST

    def test_is_its_askers_alone(self, alice: Person, bob: Person):
        entry = reserve(alice)
        assert settle(bob, entry, USED) == (0, 0)
        with pytest.raises(ConflictError):
            services.usage_extend(user_id=bob.user_id, reservation_id=entry, cost=CENT)
        assert spent() == CENT

    def test_is_given_back_where_nothing_was_used(self, alice: Person):
        for outcome, messages in (("failed", 0), ("cancelled", 1), ("refused", 2)):
            assert settle(alice, reserve(alice), outcome=outcome) == (0, 0)
            assert counts() == {"hour": messages, "day": messages}
        assert settle(alice, reserve(alice), USED, outcome="failed").cost == USED_COST
        assert counts() == {"hour": 3, "day": 3}
        assert spent() == USED_COST

    def test_ends_with_its_turn(self, alice: Person):
        entry = reserve(alice)
        settle(alice, entry, USED)
        with pytest.raises(ConflictError):
            services.usage_extend(user_id=alice.user_id, reservation_id=entry, cost=CENT)
        assert settle(alice, uuid.uuid4(), USED) == (0, 0)
        assert spent() == USED_COST

    def test_is_paid_by_the_day_it_began_on(self, alice: Person):
        entry = reserve(alice)
        for model in (UsageEntry, Spending):
            model.objects.update(day=F("day") - timedelta(days=1))
        services.usage_extend(user_id=alice.user_id, reservation_id=entry, cost=CENT)
        settle(alice, entry, USED)
        assert spent() == USED_COST

    def test_is_not_made_for_nobody(self):
        with pytest.raises(NotFoundError):
            services.usage_reserve(user_id=uuid.uuid4(), room_id=None, purpose="chat", cost=CENT)
        assert not UsageEntry.objects.exists()

    def test_of_a_person_who_is_erased_meanwhile_is_settled_without_them(self, alice: Person):
        entry = reserve(alice)
        user_erase(caller=alice.caller, user_id=alice.user_id)
        assert settle(alice, entry, USED).cost == spent() == USED_COST
        assert UsageEntry.objects.get().user_id is None
        assert not MessageCount.objects.exists()


class TestALimit:
    def test_renews_with_the_clock(self, alice: Person, settings: Any):
        settings.AI_MESSAGES_PER_HOUR, settings.AI_MESSAGES_PER_DAY = 1, 2
        reserve(alice)
        now = datetime.now(UTC)
        hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        told = refused(alice)
        assert told["renews_at"] == hour.strftime("%Y-%m-%dT%H:00:00.000000Z")
        assert (told["scope"], told["limit"], told["left"]) == ("hour", 1, 0)
        assert 0 < told["retry_after"] <= 3600
        MessageCount.objects.filter(span="hour").update(began_at=F("began_at") - timedelta(hours=1))
        reserve(alice)
        MessageCount.objects.filter(span="hour").delete()
        told = refused(alice)
        tomorrow = now.date() + timedelta(days=1)
        assert (told["scope"], told["limit"], told["renews_at"]) == ("day", 2, f"{tomorrow}T00:00:00.000000Z")
        assert counts() == {"day": 2}

    def test_of_the_installation_says_no_more_than_when(self, alice: Person, settings: Any):
        settings.AI_DAILY_BUDGET = Decimal("0.015")
        assert refused(alice, Decimal("0.02"))["scope"] == "installation"
        assert not Spending.objects.exists()
        settle(alice, reserve(alice), ("gpt-6-luna", Usage(100_000, 0, 0)))
        told = refused(alice)
        assert (told["scope"], told["limit"], told["left"]) == ("installation", None, 0)
        assert told["renews_at"] == f"{datetime.now(UTC).date() + timedelta(days=1)}T00:00:00.000000Z"
        assert counts() == {"hour": 1, "day": 1}
        assert refused(alice, Decimal("0.02"))["renews_at"] == told["renews_at"]
        reserve(alice, Decimal(0))
        settings.AI_DAILY_BUDGET = Decimal(0)
        reserve(alice, Decimal(0))

    def test_of_the_installation_renews_soon_where_others_only_hold_the_money(self, alice: Person, settings: Any):
        settings.AI_DAILY_BUDGET = Decimal("0.015")
        entry = reserve(alice)
        assert 0 < refused(alice)["retry_after"] <= 10
        assert refused(alice, Decimal("0.02"))["retry_after"] > 10
        settle(alice, entry, USED)
        second = reserve(alice)
        with pytest.raises(BudgetExceededError) as raised:
            services.usage_extend(user_id=alice.user_id, reservation_id=second, cost=CENT)
        assert int(raised.value.headers["Retry-After"]) > 10

    def test_of_visitors_goes_by_their_address_which_is_not_kept(self, settings: Any):
        settings.AI_PUBLIC_MESSAGES_PER_HOUR = 1
        asked = {"purpose": "public"}
        reserve(address="203.0.113.7", **asked)
        reserve(address="203.0.113.8", **asked)
        assert refused(address="203.0.113.7", **asked)["limit"] == 1
        assert refused(address="203.0.113.7", **asked)["scope"] == "hour"
        reserve(address="2001:db8:0:1::/64", **asked)
        reserve(address="unknown", **asked)
        subjects = MessageCount.objects.values_list("subject", flat=True)
        assert all(re.fullmatch("[0-9a-f]{64}", subject) for subject in subjects)
        assert settle(None, UsageEntry.objects.all()[0].id, outcome="failed") == (0, 0)

    def test_is_reckoned_by_the_price_of_the_model(self, settings: Any):
        assert price_of_call(*USED) == USED_COST
        assert price_of_call("unheard-of", Usage(1_000_000, 0, 1_000_000)) == 35
        settings.AI_PRICES = {"unheard-of": {"input": Decimal(1), "cached": Decimal(0), "output": Decimal(2)}}
        assert price_of_call("unheard-of", Usage(1_000_000, 500_000, 1_000_000)) == Decimal("2.5")
        messages = [{"role": "user", "content": "é" * 1000}]
        alone = most_expensive(messages, [], 1000)
        assert alone > price_of_call("gpt-6-luna", Usage(2000, 0, 1000))
        settings.CHAT_FALLBACK_MODEL = "unheard-of"
        assert most_expensive(messages, [], 1000) > Decimal("0.004") > alone
        assert most_expensive(messages, [{"type": "function"}], 1000) > most_expensive(messages, [], 1000)


_KILLED = """
import os, signal, sys, uuid, django
django.setup()
from decimal import Decimal
from ai.services import usage_reserve
usage_reserve(user_id=uuid.UUID(sys.argv[1]), room_id=None, purpose="chat", cost=Decimal("0.01"))
os.kill(os.getpid(), signal.SIGKILL)
"""


class TestTheJobs:
    @pytest.mark.serial
    @pytest.mark.xdist_group("serial")
    def test_settle_what_a_killed_process_left(self, alice: Person):
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "lifestring.settings",
            "DATABASE_URL": urlunsplit(database),
        }
        run = [sys.executable, "-c", _KILLED, str(alice.user_id)]
        assert subprocess.run(run, cwd=PROJECT, env=environment).returncode == -signal.SIGKILL
        sweep_usage()
        assert UsageEntry.objects.get().outcome == "open"
        UsageEntry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep_usage()
        entry = UsageEntry.objects.get()
        assert (entry.outcome, entry.cost, entry.is_estimate) == ("lost", CENT, True)
        assert spent() == CENT
        assert settle(alice, entry.id, USED) == (0, CENT)
        assert spent() == CENT

    def test_leave_a_turn_alone_that_goes_on(self, alice: Person):
        entry = reserve(alice)
        UsageEntry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        services.usage_extend(user_id=alice.user_id, reservation_id=entry, cost=CENT)
        assert services.usage_sweep() == 0

    def test_forget_what_is_old_and_who_is_gone(self, alice: Person, bob: Person, settings: Any):
        settings.AI_USAGE_DAYS = 30
        room = make_room(alice, bob)
        kept, old, gone, orphan = (reserve(alice, room_id=room) for _ in range(4))
        for entry in (kept, old, gone, orphan):
            settle(alice, entry, USED)
        UsageEntry.objects.filter(id=old).update(created_at=timezone.now() - timedelta(days=31))
        UsageEntry.objects.filter(id=gone).update(room_id=uuid.uuid4())
        UsageEntry.objects.filter(id=orphan).update(user_id=uuid.uuid4())
        MessageCount.objects.create(subject="old", span="day", began_at=timezone.now() - timedelta(days=3), count=1)
        Spending.objects.create(day=timezone.now().date() - timedelta(days=31), spent=1)
        trim_usage()
        rows = {row.id: (row.user_id, row.room_id) for row in UsageEntry.objects.all()}
        assert rows == {kept: (alice.user_id, room), gone: (alice.user_id, None), orphan: (None, None)}
        assert set(MessageCount.objects.values_list("subject", flat=True)) == {subject_of(alice.user_id, "")}
        assert Spending.objects.count() == 1


def test_what_is_recorded_counts_and_nothing_holds_it_up(settings: Any):
    settings.AI_DAILY_BUDGET = Decimal(0)
    services.usage_record(
        user_id=None,
        purpose="embedding",
        model="text-embedding-3-small",
        usage=Usage(1_000_000, 0, 0),
        outcome="done",
        latency_ms=7,
    )
    entry = UsageEntry.objects.get()
    assert (entry.purpose, entry.outcome, entry.cost, entry.prompt_tokens) == ("embedding", "done", 2 * CENT, 1_000_000)
    assert spent() == 2 * CENT
