"""What an export holds of rooms and messages (docs/api.md, People); what others said stays theirs."""

import uuid

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet

from accounts.exporting import Part, after, table
from chat.models import Message, ReadMark, RoomLogEntry, RoomParticipant


def _rooms(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[RoomParticipant]:
    there = RoomParticipant.objects.filter(room_id=OuterRef("room_id")).order_by("user_id").values("user_id")
    found = RoomParticipant.objects.filter(user_id=user_id).annotate(participant_ids=ArraySubquery(there))
    return after(found, "room_id", last)


def _messages(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Message]:
    return after(Message.objects.filter(user_id=user_id), "id", last)


def _room_log(user_id: uuid.UUID, room_id: uuid.UUID | None, seq: int | None) -> QuerySet[RoomLogEntry]:
    found = RoomLogEntry.objects.filter(Q(user_id=user_id) | Q(subject_id=user_id))
    if room_id is not None:
        found = found.filter(Q(room_id=room_id, seq__gt=seq) | Q(room_id__gt=room_id))
    return found.order_by("room_id", "seq")


def _read_marks(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[ReadMark]:
    return after(ReadMark.objects.filter(user_id=user_id), "room_id", last)


EXPORTS = (
    Part(
        "rooms",
        "The rooms one is in, and who else is.",
        table(
            _rooms,
            *("room_id", "participant_ids"),
            json=("metadata",),
            name="room__name",
            metadata="room__metadata",
            created_at="room__created_at",
            updated_at="room__updated_at",
        ),
    ),
    Part("messages", "Own messages.", table(_messages, "id", "room_id", "content", "created_at", "updated_at")),
    Part(
        "room_log",
        "What one did in rooms, and who brought one in or took one out, as far as the rooms' logs reach back.",
        table(_room_log, "room_id", "seq", "kind", "subject_id", "user_id", "at", keys=2),
    ),
    Part(
        "read_marks",
        "How far one has read which room.",
        table(_read_marks, "room_id", "message_id", "message_at", "at"),
    ),
)
