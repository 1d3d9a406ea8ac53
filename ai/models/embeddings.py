"""Supabase's tables of embeddings, unmanaged: rows only, never DDL; and our own for events (docs/database.md).

Vectors of different models are never compared: every read narrows to one `model_version`. A vector goes with its person
or string by the database, with its event by the sweep.
"""

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from pgvector.django import HnswIndex, VectorField

from accounts.models import UserProfile
from events.models import Event
from strings.models import String

DIMENSIONS = 1536
DEFAULT_MODEL = "text-embedding-3-small"


class UserEmbedding(models.Model):
    """What a person is about; `content_hash` tells whether the text behind it has changed."""

    id = models.BigAutoField(primary_key=True)
    user_id = models.UUIDField(unique=True)
    profile = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], null=True, related_name="+"
    )
    embedding = VectorField(dimensions=DIMENSIONS)
    content_hash = models.TextField()
    model_version = models.TextField(default=DEFAULT_MODEL)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = "user_embeddings"

    def __str__(self) -> str:
        return f"{self.user_id} by {self.model_version}"


class StringEmbedding(models.Model):
    """What a string is about; `content_hash` tells whether its text has changed."""

    id = models.BigAutoField(primary_key=True)
    string = models.OneToOneField(String, models.DO_NOTHING, db_column="string_id", related_name="embedding")
    embedding = VectorField(dimensions=DIMENSIONS)
    content_hash = models.TextField()
    model_version = models.TextField(default=DEFAULT_MODEL)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = "string_embeddings"

    def __str__(self) -> str:
        return f"{self.string_id} by {self.model_version}"


class EventEmbeddingQuerySet(QuerySet["EventEmbedding"]):
    """What events are about."""

    def without_event(self) -> "EventEmbeddingQuerySet":
        """Those whose event is gone."""
        return self.filter(~Exists(Event.objects.filter(id=OuterRef("event_id"))))

    def of_organiser(self, user_id: uuid.UUID) -> "EventEmbeddingQuerySet":
        """Those of one person's events."""
        return self.filter(Exists(Event.objects.filter(id=OuterRef("event_id"), user_id=user_id)))


class EventEmbedding(models.Model):
    """What an event is about, in a table of ours: Supabase has none for it."""

    event_id = models.UUIDField(primary_key=True)
    embedding = VectorField(dimensions=DIMENSIONS)
    content_hash = models.TextField()
    model_version = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = EventEmbeddingQuerySet.as_manager()

    class Meta:
        indexes = [HnswIndex(fields=["embedding"], name="nearest_events", opclasses=["vector_cosine_ops"])]

    def __str__(self) -> str:
        return f"{self.event_id} by {self.model_version}"
