"""Supabase's tables about rooms, and what we keep beside them (docs/database.md).

The first three are unmanaged: rows only, never DDL. No trigger touches `updated_at`: the services do. Deleting a room
takes its participants and messages along, deleting a profile that person's places and messages, so a message's author
always has a profile.

The rest are our own, in the schema `django`, with plain uuids for rooms, people and messages: a sweep removes what lost
its room.
"""

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile
from chat.querysets import MessageQuerySet, RoomParticipantQuerySet, RoomQuerySet


class Room(models.Model):
    """A conversation of its participants; `metadata.type` tells the assistant's rooms (`ai_chat`) from people's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    metadata = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = RoomQuerySet.as_manager()

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

    objects = RoomParticipantQuerySet.as_manager()

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

    objects = MessageQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "messages"

    def __str__(self) -> str:
        return self.content[:80]


class LogKind(models.TextChoices):
    """What happens in a room (docs/live.md, The room log)."""

    MESSAGE_CREATED = "message.created"
    MESSAGE_UPDATED = "message.updated"
    MESSAGE_DELETED = "message.deleted"
    PARTICIPANT_ADDED = "participant.added"
    PARTICIPANT_REMOVED = "participant.removed"
    ROOM_UPDATED = "room.updated"


class RoomPosition(models.Model):
    """How far a room's log has come; whoever writes to the room locks this row first (docs/decisions/008-room-order.md).

    `seq` and `at` are those of the newest entry, also after it was trimmed; 0 and the beginning where there was none.
    """

    room_id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.room_id} is at {self.seq}"


class RoomLogEntry(models.Model):
    """One thing that happened in a room: to which message or person, and by whom.

    `subject_id` is null for `room.updated`, and where it was a person who has been erased since; `user_id` is null then
    too, and where nobody of ours did it.
    """

    pk = models.CompositePrimaryKey("room_id", "seq")
    room_id = models.UUIDField()
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=LogKind.choices)
    subject_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["subject_id"], name="roomlog_subject"),
            models.Index(fields=["user_id"], name="roomlog_user"),
            # Entries are only ever appended, nearly in the order of time: a block range is all that trimming needs.
            BrinIndex(fields=["at"], name="roomlog_at", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.seq}: {self.kind}"


class ReadMark(models.Model):
    """Up to which message a person has read a room: its id and, since it may be deleted, its time."""

    pk = models.CompositePrimaryKey("room_id", "user_id")
    room_id = models.UUIDField()
    user_id = models.UUIDField()
    message_id = models.UUIDField()
    message_at = models.DateTimeField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["user_id"], name="readmark_user")]

    def __str__(self) -> str:
        return f"{self.user_id} read {self.room_id} up to {self.message_at}"


class LogSweep(models.Model):
    """The one row that says how far the sweep for messages of other clients has looked (chat/services/sweep.py).

    What was written before `began_at` is history, which the log never tells.
    """

    id = models.SmallIntegerField(primary_key=True)
    began_at = models.DateTimeField()
    swept_to = models.DateTimeField()

    def __str__(self) -> str:
        return f"swept up to {self.swept_to}"
