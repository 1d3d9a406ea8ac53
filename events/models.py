"""Supabase's table of events; unmanaged: rows only, never DDL (docs/database.md).

There is no `updated_at`. An event's organiser cannot be deleted before the event.
"""

import uuid

from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile
from events.querysets import EventQuerySet


class Event(models.Model):
    """Something people attend; where `meta_data.is_join` is true it is also one of the joins (docs/api.md, Events)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    author = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], null=True, related_name="+"
    )
    title = models.TextField()
    description = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True)
    location = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    meta_data = models.JSONField(default=dict)
    custom_fields = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    objects = EventQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "events"

    def __str__(self) -> str:
        return self.title
