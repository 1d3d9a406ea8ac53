"""What is done to people, and what they say to it."""

import uuid

from django.db import models
from django.db.models.functions import Now

from moderation.models.cases import Case
from moderation.querysets import AppealQuerySet, SanctionQuerySet


class SanctionKind(models.TextChoices):
    """A warning only says something; a suspension takes writing away."""

    WARNING = "warning"
    SUSPENSION = "suspension"


class Sanction(models.Model):
    """What somebody was told or forbidden; `reason` is shown to them, `imposed_by` never.

    Whether a person is suspended is asked of `accounts_suspension` alone, which the services derive from these rows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person_id = models.UUIDField()
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="sanctions")
    kind = models.CharField(max_length=16, choices=SanctionKind.choices)
    reason = models.TextField()
    imposed_by = models.UUIDField(null=True)
    imposed_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(null=True, help_text="Empty: for good.")
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-imposed_at", "id"], name="sanction_of_person"),
            models.Index(fields=["-imposed_at", "id"], name="sanction_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"


class AppealStatus(models.TextChoices):
    """What became of an appeal."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


class Appeal(models.Model):
    """What a person says to their sanction: once, decided by somebody else than who imposed it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    sanction = models.OneToOneField(Sanction, models.CASCADE, related_name="appeal")
    person_id = models.UUIDField()
    text = models.TextField()
    status = models.CharField(max_length=16, choices=AppealStatus.choices, default=AppealStatus.OPEN)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at", "id"], condition=models.Q(status="open"), name="appeal_queue"),
            models.Index(fields=["person_id"], name="appeal_of_person"),
        ]

    def __str__(self) -> str:
        return self.text[:80]
