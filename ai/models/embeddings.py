"""Supabase's tables of embeddings; unmanaged: rows only, never DDL (docs/database.md).

Vectors of different models are never compared: every read narrows to one `model_version`. A vector goes with its person
or string.
"""

from django.db import models
from django.db.models.functions import Now
from pgvector.django import VectorField

from accounts.models import UserProfile
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
