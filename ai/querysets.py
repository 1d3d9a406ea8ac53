"""Reads of what models cost, and of what the assistant answered; every chain starts here."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Count, DecimalField, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from ai.models import AssistantAnswer, UsageEntry  # noqa: F401 - named in strings below


class UsageEntryQuerySet(QuerySet["UsageEntry"]):
    """The ledger."""

    def of_person(self, user_id: uuid.UUID) -> UsageEntryQuerySet:
        """Narrow to one person's."""
        return self.filter(user_id=user_id)

    def totals(self, day: datetime, month: datetime) -> dict[str, Any]:
        """Add up what began since the beginning of a day, and of a month, as `<name>_today` and `<name>_this_month`."""
        sums: dict[str, Any] = {}
        for span, since in (("today", day), ("this_month", month)):
            within = Q(created_at__gte=since)
            sums[f"messages_{span}"] = Count("id", filter=within & ~Q(purpose="embedding"))
            for column in ("prompt_tokens", "completion_tokens", "cost"):
                sums[f"{column}_{span}"] = Coalesce(Sum(column, filter=within), Value(0), output_field=DecimalField())
        return self.filter(created_at__gte=min(day, month)).aggregate(**sums)


class AssistantAnswerQuerySet(QuerySet["AssistantAnswer"]):
    """Answers of the assistant."""

    def still_there(self) -> AssistantAnswerQuerySet:
        """Leave out those whose message was deleted."""
        messages = apps.get_model("chat", "Message").objects.filter(id=OuterRef("message_id"))
        return self.filter(Exists(messages))

    def to_question(self, question_id: uuid.UUID) -> AssistantAnswerQuerySet:
        """The answer to one message, if it has any."""
        return self.filter(question_id=question_id).still_there()
