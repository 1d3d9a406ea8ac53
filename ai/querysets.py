"""Reads of what models cost; every chain starts here."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from ai.models import UsageEntry  # noqa: F401 - named in strings below


class UsageEntryQuerySet(models.QuerySet["UsageEntry"]):
    """The ledger."""

    def of_person(self, user_id: uuid.UUID) -> UsageEntryQuerySet:
        """Narrow to one person's."""
        return self.filter(user_id=user_id)

    def since(self, moment: datetime) -> UsageEntryQuerySet:
        """Narrow to what began at a moment or later."""
        return self.filter(created_at__gte=moment)
