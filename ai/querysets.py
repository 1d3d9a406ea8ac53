"""Reads of what models cost, and of what the assistant answered; every chain starts here."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models

if TYPE_CHECKING:
    from ai.models import AssistantAnswer, UsageEntry  # noqa: F401 - named in strings below


class UsageEntryQuerySet(models.QuerySet["UsageEntry"]):
    """The ledger."""

    def of_person(self, user_id: uuid.UUID) -> UsageEntryQuerySet:
        """Narrow to one person's."""
        return self.filter(user_id=user_id)

    def since(self, moment: datetime) -> UsageEntryQuerySet:
        """Narrow to what began at a moment or later."""
        return self.filter(created_at__gte=moment)


class AssistantAnswerQuerySet(models.QuerySet["AssistantAnswer"]):
    """Answers of the assistant."""

    def still_there(self) -> AssistantAnswerQuerySet:
        """Leave out those whose message was deleted."""
        messages = apps.get_model("chat", "Message").objects.filter(id=models.OuterRef("message_id"))
        return self.filter(models.Exists(messages))

    def to_question(self, question_id: uuid.UUID) -> AssistantAnswerQuerySet:
        """The answer to one message, if it has any."""
        return self.filter(question_id=question_id).still_there()
