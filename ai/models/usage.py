"""What asking models costs, and what of that is still allowed; tables of our own (docs/database.md, Our tables)."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ai.querysets import UsageEntryQuerySet


class Purpose(models.TextChoices):
    """What a model was asked for."""

    CHAT = "chat"
    ONE_TURN = "one_turn"
    SUMMARY = "summary"
    PUBLIC = "public"
    EMBEDDING = "embedding"


class Outcome(models.TextChoices):
    """What became of it; `open` is under way, and `lost` is what a killed process left."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    CUT = "cut"
    FAILED = "failed"
    REFUSED = "refused"
    LOST = "lost"


class UsageEntry(models.Model):
    """The ledger: one turn, of one or several calls, from when its money was reserved to what it came to.

    Money is in dollars. `user_id` and `room_id` are null where there is none, and once the person is erased: what was
    spent stays spent. `day` is the installation's day that pays.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField(null=True)
    room_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    model = models.TextField(default="")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.OPEN)
    reserved = models.DecimalField(max_digits=18, decimal_places=9)
    cost = models.DecimalField(max_digits=18, decimal_places=9, default=0)
    prompt_tokens = models.BigIntegerField(default=0)
    cached_tokens = models.BigIntegerField(default=0)
    completion_tokens = models.BigIntegerField(default=0)
    is_estimate = models.BooleanField(default=False)
    latency_ms = models.IntegerField(null=True)
    day = models.DateField()
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    objects = UsageEntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "created_at"], name="usage_of_person"),
            models.Index(fields=["room_id"], name="usage_of_room"),
            models.Index(fields=["created_at"], name="usage_by_age"),
            models.Index(fields=["expires_at"], name="usage_open", condition=Q(outcome="open")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="usage_purpose"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="usage_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.created_at}: {self.outcome}"


class MessageCount(models.Model):
    """How many messages somebody sent to the assistant within one hour or one day, by the clock in UTC.

    `subject` is a person's id, or a keyed hash of a visitor's address.
    """

    pk = models.CompositePrimaryKey("subject", "span", "began_at")
    subject = models.CharField(max_length=64)
    span = models.CharField(max_length=8)
    began_at = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["began_at"], name="message_count_by_age")]

    def __str__(self) -> str:
        return f"{self.count} in the {self.span} of {self.began_at}"


class Spending(models.Model):
    """What the installation spent on one day, in UTC: what is settled as it was, what is under way as reserved."""

    day = models.DateField(primary_key=True)
    spent = models.DecimalField(max_digits=18, decimal_places=9)

    def __str__(self) -> str:
        return f"{self.spent} on {self.day}"
