"""Answers of the assistant, under way and given; tables of our own (docs/database.md, Our tables)."""

import uuid

from django.db import models
from django.db.models.functions import Now

from ai.querysets import AssistantAnswerQuerySet


class AssistantTurn(models.Model):
    """The answer that is being made in a room: one at a time, and the row goes with its end.

    Whoever makes it moves `heartbeat_at`; where that stands still, the process was killed and the room is free.
    """

    room_id = models.UUIDField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    question_id = models.UUIDField()
    answer_id = models.UUIDField()
    is_cancelled = models.BooleanField(default=False)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["user_id"], name="assistant_turn_of_person")]

    def __str__(self) -> str:
        return f"{self.room_id} since {self.started_at}"


class AssistantAnswer(models.Model):
    """What there is to an answer beside its text, which is the message of this id.

    `sources` are [type, id, title] as they were then, and looked at anew for whoever reads them; `actions` wait for the
    asker to confirm them.
    """

    message_id = models.UUIDField(primary_key=True)
    room_id = models.UUIDField()
    user_id = models.UUIDField()
    question_id = models.UUIDField()
    model = models.TextField()
    tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=9, default=0)
    is_partial = models.BooleanField(default=False)
    sources = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    objects = AssistantAnswerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user_id"], name="assistant_answer_of_person"),
            models.Index(fields=["question_id"], name="assistant_answer_to"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.question_id}"
