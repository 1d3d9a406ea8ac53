"""How what a person asked of models looks in answers (docs/api.md, AI)."""

import uuid
from datetime import datetime
from typing import Any, TypedDict

from django.conf import settings

from ai.budgets import limits_of, span_of, subject_of
from ai.models import MessageCount, Spending, UsageEntry


class UsedShape(TypedDict):
    """What was used within some time; `cost` is in dollars."""

    messages: int
    tokens: int
    prompt_tokens: int
    completion_tokens: int
    cost: float


class LimitShape(TypedDict):
    """A limit of messages, and when it is whole again."""

    limit: int
    left: int
    renews_at: datetime


def usage_shape(user_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Return what a person used today and this month by now, and what is left.

    Args:
        user_id: the person.
        now: the moment it is for.
    """
    today, tomorrow = span_of(now, "day")
    totals = UsageEntry.objects.of_person(user_id).totals(today, today.replace(day=1))
    spans = {limit.span: (limit.most, *span_of(now, limit.span)) for limit in limits_of(user_id)}
    counts = dict(
        MessageCount.objects.filter(
            subject=subject_of(user_id, ""), began_at__in=[began for _, began, _ in spans.values()]
        ).values_list("span", "count")
    )
    spent = Spending.objects.filter(day=today.date()).values_list("spent", flat=True).first() or 0
    limits: dict[str, Any] = {
        span: LimitShape(limit=most, left=max(0, most - counts.get(span, 0)), renews_at=ends)
        for span, (most, _, ends) in spans.items()
    }
    limits["installation"] = {"is_used_up": spent >= settings.AI_DAILY_BUDGET, "renews_at": tomorrow}
    return {"today": _used(totals, "today"), "this_month": _used(totals, "this_month"), "limits": limits}


def _used(totals: dict[str, Any], span: str) -> UsedShape:
    prompt, completion = int(totals[f"prompt_tokens_{span}"]), int(totals[f"completion_tokens_{span}"])
    return UsedShape(
        messages=totals[f"messages_{span}"],
        tokens=prompt + completion,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=float(totals[f"cost_{span}"]),
    )
