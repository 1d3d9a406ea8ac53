"""Supabase's table of events, unmanaged: rows only, never DDL; and our own tables about them (docs/database.md).

Events have no `updated_at`, and an event's organiser cannot be deleted before the event. Our tables hold plain ids: what
loses its event or its person is removed by the services, and by a sweep where others deleted past us.
"""

import uuid
from hashlib import sha256

from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile
from events.querysets import EventAttendanceQuerySet, EventQuerySet


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


class AttendanceStatus(models.TextChoices):
    """What a person says to an event; whoever waits is moved to `going` when a place becomes free."""

    GOING = "going"
    MAYBE = "maybe"
    DECLINED = "declined"
    WAITING = "waiting"


class EventAttendance(models.Model):
    """One person's answer to one event; `updated_at` is when they gave it, and so the order of waiting."""

    pk = models.CompositePrimaryKey("event_id", "user_id")
    event_id = models.UUIDField()
    user_id = models.UUIDField()
    status = models.CharField(max_length=16, choices=AttendanceStatus.choices)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = EventAttendanceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["event_id", "status", "updated_at"], name="attendance_of_event"),
            models.Index(fields=["user_id"], name="attendance_of_person"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=AttendanceStatus.values), name="attendance_status")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} to {self.event_id}: {self.status}"


class EventRevision(models.Model):
    """How often an event was changed, and when last; calendar programs go by it. No row: never, as far as we know."""

    event_id = models.UUIDField(primary_key=True)
    sequence = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.event_id} at {self.sequence}"


class CalendarToken(models.Model):
    """What opens one person's calendar feed; only a hash of it is kept, so that the table opens none."""

    user_id = models.UUIDField(primary_key=True)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"the feed of {self.user_id}"

    @staticmethod
    def hash_of(token: str) -> str:
        """Return what is kept of a token; it is long and random, so a plain hash suffices."""
        return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
