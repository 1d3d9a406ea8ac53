"""Money and messages: reserved before a model is asked, settled after, each exactly once (docs/decisions/019-budgets.md).

Whoever waits for a lock here waits for single statements. Locks are taken in one order: the person, the entry, the counts
(hour, day), and last the day's spending, which all turns share.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ai.budgets import BudgetExceededError, Scope, limits_of, subject_of
from ai.clients.usage import Usage
from ai.models import Outcome, Purpose, UsageEntry
from ai.prices import price_of_call
from lifestring.db import service
from lifestring.errors import ConflictError, NotFoundError

# Longer than any call may take, its fallback included; every further call of a turn begins it anew.
LEASE_SECONDS = 600
# Until some of the answers under way are settled.
BRIEF_SECONDS = 10
NOTHING = Usage(0, 0, 0)

# What a foreign key would do: an erasure waits for us, or we find the person gone.
_HOLD_PERSON = "SELECT 1 FROM public.user_profiles WHERE user_id = %s FOR SHARE"
_COUNT = """
INSERT INTO django.ai_messagecount AS c (subject, span, began_at, count)
VALUES (%(subject)s, %(span)s, date_trunc(%(span)s, now(), 'UTC'), 1)
ON CONFLICT (subject, span, began_at) DO UPDATE SET count = c.count + 1 WHERE c.count < %(most)s
RETURNING count
"""
_ENTER = """
INSERT INTO django.ai_usageentry
       (id, user_id, room_id, purpose, model, outcome, reserved, cost, prompt_tokens, cached_tokens, completion_tokens,
        is_estimate, latency_ms, day, created_at, settled_at, expires_at)
VALUES (%(id)s, %(user)s, %(room)s, %(purpose)s, %(model)s, %(outcome)s, %(reserved)s, %(cost)s, %(prompt)s, %(cached)s,
        %(completion)s, %(is_estimate)s, %(latency)s, (now() AT TIME ZONE 'UTC')::date, now(),
        CASE WHEN %(outcome)s <> 'open' THEN now() END, now() + make_interval(secs => %(lease)s))
"""
# What costs nothing is never too much, whatever was spent.
_SPEND = """
INSERT INTO django.ai_spending AS s (day, spent)
SELECT %(day)s, %(cost)s WHERE %(cost)s <= %(budget)s
ON CONFLICT (day) DO UPDATE SET spent = s.spent + EXCLUDED.spent
 WHERE s.spent + EXCLUDED.spent <= %(budget)s OR EXCLUDED.spent = 0
RETURNING spent
"""
# Whether it would be affordable, if only nothing was under way.
_WOULD_FIT = """
SELECT %(cost)s + coalesce((SELECT spent FROM django.ai_spending WHERE day = %(day)s), 0)
     - coalesce((SELECT sum(reserved) FROM django.ai_usageentry
                  WHERE outcome = 'open' AND day = %(day)s AND id <> %(id)s), 0) <= %(budget)s
"""
_EXTEND = """
UPDATE django.ai_usageentry
   SET reserved = reserved + %(cost)s, expires_at = now() + make_interval(secs => %(lease)s)
 WHERE id = %(id)s AND outcome = 'open' AND (user_id IS NULL OR user_id = %(user)s)
RETURNING day
"""
_SETTLE = """
UPDATE django.ai_usageentry
   SET outcome = %(outcome)s, cost = %(cost)s, model = %(model)s, prompt_tokens = %(prompt)s, cached_tokens = %(cached)s,
       completion_tokens = %(completion)s, is_estimate = %(is_estimate)s, latency_ms = %(latency)s, settled_at = now()
 WHERE id = %(id)s AND outcome = 'open' AND (user_id IS NULL OR user_id = %(user)s)
RETURNING day, reserved, user_id, created_at
"""
_GIVE_MESSAGE_BACK = """
UPDATE django.ai_messagecount SET count = count - 1
 WHERE subject = %(subject)s AND span = %(span)s AND began_at = date_trunc(%(span)s, %(at)s::timestamptz, 'UTC')
   AND count > 0
"""
_RECKON = "UPDATE django.ai_spending SET spent = spent + %(difference)s WHERE day = %(day)s"
_SPENT = """
INSERT INTO django.ai_spending AS s (day, spent) VALUES ((now() AT TIME ZONE 'UTC')::date, %(cost)s)
ON CONFLICT (day) DO UPDATE SET spent = s.spent + EXCLUDED.spent
"""


class Settled(NamedTuple):
    """What a turn came to: tokens read and written, and dollars."""

    tokens: int
    cost: Decimal


@service
def usage_reserve(
    *, user_id: uuid.UUID | None, room_id: uuid.UUID | None, purpose: str, cost: Decimal, address: str = ""
) -> uuid.UUID:
    """Take one message and some money before a model is asked; returns the reservation's id.

    Args:
        user_id: who asks, None for a visitor.
        room_id: where, None for a question of its own.
        purpose: one of `Purpose`.
        cost: what the first call may cost at most (`ai.prices.most_expensive`).
        address: where a visitor comes from.

    Raises:
        BudgetExceededError: the hour's or the day's messages, or the installation's money, are used up; nothing is taken.
        NotFoundError: the person is gone.
    """
    with connection.cursor() as cursor:
        if user_id is not None:
            cursor.execute(_HOLD_PERSON, [user_id])
            if cursor.fetchone() is None:
                raise NotFoundError
        for limit in limits_of(user_id):
            cursor.execute(_COUNT, {"subject": subject_of(user_id, address), "span": limit.span, "most": limit.most})
            if cursor.fetchone() is None:
                raise _exceeded(limit.span, limit.most)
        reservation_id = uuid.uuid4()
        _enter(cursor, reservation_id, user=user_id, room=room_id, purpose=purpose, reserved=cost)
        cursor.execute("SELECT (now() AT TIME ZONE 'UTC')::date")
        _spend(cursor, reservation_id, cursor.fetchone()[0], cost)
    return reservation_id


@service
def usage_extend(*, user_id: uuid.UUID | None, reservation_id: uuid.UUID, cost: Decimal) -> None:
    """Take money for a further call of the same turn.

    Args:
        user_id: who asked.
        reservation_id: what `usage_reserve` returned.
        cost: what this call may cost at most.

    Raises:
        BudgetExceededError: the installation's money is used up; what was reserved before stays.
        ConflictError: the turn is settled already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND, {"id": reservation_id, "user": user_id, "cost": cost, "lease": LEASE_SECONDS})
        found = cursor.fetchone()
        if found is None:
            raise ConflictError("This answer is over.")
        _spend(cursor, reservation_id, found[0], cost)


@service
def usage_settle(
    *,
    user_id: uuid.UUID | None,
    reservation_id: uuid.UUID,
    calls: Sequence[tuple[str, Usage]],
    outcome: str,
    latency_ms: int,
) -> Settled:
    """Put what a turn cost in place of what was reserved for it, once: a second time changes nothing.

    A turn that failed without using anything gives its message back as well.

    Args:
        user_id: who asked.
        reservation_id: what `usage_reserve` returned.
        calls: the model and the tokens of each call that used any.
        outcome: one of `Outcome`.
        latency_ms: how long the turn took.

    Returns:
        What is settled, by whichever call came first.
    """
    used = _together(calls)
    cost = sum((price_of_call(model, usage) for model, usage in calls), Decimal(0))
    values = {
        **_numbers(used, calls[-1][0] if calls else "", cost, latency_ms),
        "id": reservation_id,
        "user": user_id,
        "outcome": Outcome(outcome).value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)
        found = cursor.fetchone()
        if found is None:
            return _settled(reservation_id)
        day, reserved, owner, began_at = found
        if outcome == Outcome.FAILED and used == NOTHING and owner is not None:
            for limit in limits_of(owner):
                cursor.execute(
                    _GIVE_MESSAGE_BACK, {"subject": subject_of(owner, ""), "span": limit.span, "at": began_at}
                )
        cursor.execute(_RECKON, {"difference": cost - reserved, "day": day})
    return Settled(used.prompt_tokens + used.completion_tokens, cost)


@service
def usage_record(
    *, user_id: uuid.UUID | None, purpose: str, model: str, usage: Usage, outcome: str, latency_ms: int
) -> None:
    """Enter what was used without asking first, as embedding does: it counts, and nothing holds it up.

    Args:
        user_id: whose it is, None for the installation's own.
        purpose: one of `Purpose`.
        model: which model was asked.
        usage: its tokens.
        outcome: one of `Outcome`.
        latency_ms: how long it took.
    """
    cost = price_of_call(model, usage)
    with connection.cursor() as cursor:
        _enter(
            cursor,
            uuid.uuid4(),
            user=user_id,
            purpose=purpose,
            reserved=cost,
            outcome=Outcome(outcome).value,
            **_numbers(usage, model, cost, latency_ms),
        )
        cursor.execute(_SPENT, {"cost": cost})


def _enter(cursor: Any, entry_id: uuid.UUID, **values: Any) -> None:
    blank = {**_numbers(NOTHING, "", Decimal(0), None), "room": None, "outcome": Outcome.OPEN.value}
    purpose = Purpose(values["purpose"]).value
    cursor.execute(_ENTER, {**blank, **values, "purpose": purpose, "id": entry_id, "lease": LEASE_SECONDS})


def _numbers(used: Usage, model: str, cost: Decimal, latency_ms: int | None) -> dict[str, Any]:
    return {
        "model": model,
        "cost": cost,
        "prompt": used.prompt_tokens,
        "cached": used.cached_tokens,
        "completion": used.completion_tokens,
        "is_estimate": used.is_estimate,
        "latency": latency_ms,
    }


def _together(calls: Sequence[tuple[str, Usage]]) -> Usage:
    used = [usage for _, usage in calls]
    return Usage(
        sum(one.prompt_tokens for one in used),
        sum(one.cached_tokens for one in used),
        sum(one.completion_tokens for one in used),
        any(one.is_estimate for one in used),
    )


def _spend(cursor: Any, entry_id: uuid.UUID, day: date, cost: Decimal) -> None:
    values = {"id": entry_id, "day": day, "cost": cost, "budget": settings.AI_DAILY_BUDGET}
    cursor.execute(_SPEND, values)
    if cursor.fetchone() is not None:
        return
    cursor.execute(_WOULD_FIT, values)
    if cursor.fetchone()[0]:
        soon = timezone.now() + timedelta(seconds=BRIEF_SECONDS)
        raise BudgetExceededError("installation", None, soon, is_brief=True)
    raise _exceeded("installation", None)


def _exceeded(scope: Scope, most: int | None) -> BudgetExceededError:
    span = "day" if scope == "installation" else scope
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc(%(span)s, now(), 'UTC') + ('1 ' || %(span)s)::interval", {"span": span})
        return BudgetExceededError(scope, most, cursor.fetchone()[0])


def _settled(reservation_id: uuid.UUID) -> Settled:
    found = UsageEntry.objects.filter(id=reservation_id).first()
    if found is None:
        return Settled(0, Decimal(0))
    return Settled(found.prompt_tokens + found.completion_tokens, found.cost)
