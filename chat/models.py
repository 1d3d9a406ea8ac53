"""Supabase's tables about rooms; unmanaged: rows only, never DDL (docs/database.md).

No trigger touches `updated_at`: the services do. Deleting a room takes its participants and messages along, deleting a
profile that person's places and messages, so a message's author always has a profile.
"""

import uuid

from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile


class Room(models.Model):
    """A conversation of its participants; `metadata.type` tells the assistant's rooms (`ai_chat`) from people's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    metadata = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = "rooms"

    def __str__(self) -> str:
        return self.name or str(self.id)


class RoomParticipant(models.Model):
    """One person's place in one room."""

    pk = models.CompositePrimaryKey("room_id", "user_id")
    room = models.ForeignKey(Room, models.DO_NOTHING, db_column="room_id", related_name="room_participants")
    user = models.ForeignKey(
        UserProfile, models.DO_NOTHING, to_field="user_id", db_column="user_id", related_name="room_participants"
    )

    class Meta:
        managed = False
        db_table = "room_participants"

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"


class Message(models.Model):
    """What somebody said in a room."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    room = models.ForeignKey(Room, models.DO_NOTHING, db_column="room_id", related_name="messages")
    user_id = models.UUIDField()
    author = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], related_name="+"
    )
    content = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = "messages"

    def __str__(self) -> str:
        return self.content[:80]
