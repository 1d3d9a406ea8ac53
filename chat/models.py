"""Rooms, participants and messages as Supabase's tables hold them; a message's author always has a profile."""

import uuid

from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile


class Room(models.Model):
    """A place where people talk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.TextField(null=True)  # noqa: DJ001 - the column is nullable
    metadata = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = '"public"."rooms"'

    def __str__(self) -> str:
        return self.name or str(self.id)


class RoomParticipant(models.Model):
    """A person's membership of a room."""

    pk = models.CompositePrimaryKey("room_id", "user_id")
    room = models.ForeignKey(Room, models.DO_NOTHING, related_name="participants")
    user = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="user_id", related_name="memberships"
    )

    class Meta:
        managed = False
        db_table = '"public"."room_participants"'

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"


class Message(models.Model):
    """What somebody said in a room."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    room = models.ForeignKey(Room, models.DO_NOTHING, related_name="messages")
    user = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="user_id", related_name="messages"
    )
    content = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = '"public"."messages"'

    def __str__(self) -> str:
        return self.content[:60]
