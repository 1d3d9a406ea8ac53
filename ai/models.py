"""Embeddings of people and strings as Supabase's tables hold them.

`content_hash` says what text they were made of and `model_version` by which model; vectors of different models are never
compared.
"""

from django.db import models
from django.db.models.functions import Now
from pgvector.django import VectorField

from strings.models import String

DIMENSIONS = 1536
DEFAULT_MODEL = "text-embedding-3-small"


class UserEmbedding(models.Model):
    """The meaning of what a person tells of themself."""

    id = models.BigAutoField(primary_key=True)
    user_id = models.UUIDField(unique=True)
    embedding = VectorField(dimensions=DIMENSIONS)
    content_hash = models.TextField()
    model_version = models.TextField(default=DEFAULT_MODEL)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = '"public"."user_embeddings"'

    def __str__(self) -> str:
        return f"{self.user_id} by {self.model_version}"


class StringEmbedding(models.Model):
    """The meaning of a string."""

    id = models.BigAutoField(primary_key=True)
    string = models.OneToOneField(String, models.DO_NOTHING, related_name="embedding")
    embedding = VectorField(dimensions=DIMENSIONS)
    content_hash = models.TextField()
    model_version = models.TextField(default=DEFAULT_MODEL)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = '"public"."string_embeddings"'

    def __str__(self) -> str:
        return f"{self.string_id} by {self.model_version}"
