"""What an export holds of rooms and messages (docs/api.md, People); what others said stays theirs."""

import uuid

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from accounts.exporting import Part, after, table
from chat.models import Message, RoomParticipant


def _rooms(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[RoomParticipant]:
    there = RoomParticipant.objects.filter(room_id=OuterRef("room_id")).order_by("user_id").values("user_id")
    found = RoomParticipant.objects.filter(user_id=user_id).annotate(participant_ids=ArraySubquery(there))
    return after(found, "room_id", last)


def _messages(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Message]:
    return after(Message.objects.filter(user_id=user_id), "id", last)


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
)
