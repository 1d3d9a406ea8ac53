"""What may still be asked of a model, and how it is told that it is no more (docs/api.md, AI)."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from lifestring.errors import BudgetShape, DomainError, ErrorCode
from lifestring.rendering import iso

Span = Literal["hour", "day"]
Scope = Literal["hour", "day", "installation"]


class Limit(NamedTuple):
    """So many messages within one span of the clock."""

    span: Span
    most: int


def span_of(moment: datetime, span: Span) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a moment's hour or day, by the clock in UTC."""
    began = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if span == "day":
        began = began.replace(hour=0)
    return began, began + timedelta(**{f"{span}s": 1})


def limits_of(user_id: uuid.UUID | None) -> tuple[Limit, Limit]:
    """Return the limits of a person, or of an address where there is none; in the order in which they are counted."""
    if user_id is None:
        return (
            Limit("hour", settings.AI_PUBLIC_MESSAGES_PER_HOUR),
            Limit("day", settings.AI_PUBLIC_MESSAGES_PER_DAY),
        )
    return Limit("hour", settings.AI_MESSAGES_PER_HOUR), Limit("day", settings.AI_MESSAGES_PER_DAY)


def subject_of(user_id: uuid.UUID | None, address: str) -> str:
    """Return under what somebody's messages are counted; an address is not kept, only a keyed hash of it."""
    if user_id is not None:
        return str(user_id)
    return salted_hmac("ai.budgets.address", address, algorithm="sha256").hexdigest()


class BudgetExceededError(DomainError):
    """A limit is used up; the answer says which, what is left of it, and when it renews.

    Args:
        scope: whose limit: the person's `hour` or `day`, or the whole installation's day of money.
        most: how many messages the limit allows; None for the installation's, which is nobody's to know.
        renews_at: when it is whole again.
        is_brief: the money is there, and held by answers under way, most of which will cost less.
    """

    status, code = 429, ErrorCode.AI_BUDGET_EXCEEDED

    def __init__(self, scope: Scope, most: int | None, renews_at: datetime, *, is_brief: bool = False) -> None:
        seconds = max(1, round((renews_at - timezone.now()).total_seconds()))
        sentence = {
            "hour": f"You have used up your {most} messages of this hour.",
            "day": f"You have used up your {most} messages of today.",
            "installation": "The assistant has spent what it may spend today; it is back tomorrow.",
        }[scope]
        if is_brief:
            sentence = "The assistant is answering as many as it can afford at once; try again shortly."
        budget = BudgetShape(scope=scope, limit=most, left=0, renews_at=iso(renews_at))
        super().__init__(sentence, headers={"Retry-After": str(seconds)}, more={"budget": budget})
