"""Events as Supabase's table holds them; an organiser's profile may be gone."""

import uuid

from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile


class Event(models.Model):
    """Something people meet at; `meta_data.is_join` marks the frontend's joins."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    title = models.TextField()
    description = models.TextField(null=True)  # noqa: DJ001 - the column is nullable
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True)
    location = models.TextField(null=True)  # noqa: DJ001 - the column is nullable
    meta_data = models.JSONField(default=dict)
    custom_fields = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    author = models.ForeignObject(
        UserProfile,
        models.DO_NOTHING,
        from_fields=["user_id"],
        to_fields=["user_id"],
        related_name="events",
        null=True,
    )

    class Meta:
        managed = False
        db_table = '"public"."events"'

    def __str__(self) -> str:
        return self.title
