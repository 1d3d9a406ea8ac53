"""What the routes of rooms read, as functions of values alone, so that their SQL is kept (lifestring/rows.py)."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Count, F, QuerySet

from accounts.callers import Caller
from chat.models import Message, Room, RoomParticipant
from chat.querysets import MessageQuerySet, RoomParticipantQuerySet, RoomQuerySet
from lifestring.errors import NotFoundError


def own(caller: Caller) -> RoomQuerySet:
    """The rooms the caller is in."""
    return Room.objects.with_member(caller.user_id)


def as_seen(found: RoomQuerySet, caller: Caller) -> RoomQuerySet:
    """Add what the caller has not read in each room."""
    return found.with_unread_count(caller)


def room(room_id: uuid.UUID, caller: Caller) -> RoomQuerySet:
    """One room, as somebody in it sees it."""
    return Room.objects.filter(id=room_id).with_unread_count(caller)


def is_there(room_id: uuid.UUID) -> bool:
    """Whether there is such a room."""
    return Room.objects.filter(id=room_id).exists()


def participants_count(room_ids: tuple[uuid.UUID, ...]) -> QuerySet[Any, Any]:
    """How many are in each of these rooms."""
    places = RoomParticipant.objects.filter(room_id__in=room_ids)
    return places.order_by().values("room_id").annotate(count=Count("*"))


def messages_count(room_ids: tuple[uuid.UUID, ...]) -> QuerySet[Any, Any]:
    """How many messages each of these rooms holds."""
    return Message.objects.filter(room_id__in=room_ids).order_by().values("room_id").annotate(count=Count("*"))


def first_participants(room_ids: tuple[uuid.UUID, ...]) -> QuerySet[RoomParticipant]:
    """The participants of each of these rooms, as many as lists show."""
    return RoomParticipant.objects.first_per_room(room_ids).order_by(F("place"))


def participants(room_id: uuid.UUID) -> RoomParticipantQuerySet:
    """Everybody in a room."""
    return RoomParticipant.objects.of_room(room_id)


def participant(room_id: uuid.UUID, user_id: uuid.UUID) -> RoomParticipantQuerySet:
    """One person's place in a room."""
    return RoomParticipant.objects.of_room(room_id).filter(user_id=user_id)


def participants_in_order(room_id: uuid.UUID) -> QuerySet[RoomParticipant]:
    """Everybody in a room, always in the same order."""
    return RoomParticipant.objects.of_room(room_id).order_by("user_id")


def latest_messages(room_ids: tuple[uuid.UUID, ...]) -> MessageQuerySet:
    """The newest message of each of these rooms."""
    return Message.objects.latest_per_room(room_ids)


def messages(room_id: uuid.UUID) -> MessageQuerySet:
    """What was said in a room."""
    return Message.objects.in_room(room_id)


def messages_since(room_id: uuid.UUID, moment: datetime) -> MessageQuerySet:
    """What was said in a room after a moment."""
    return Message.objects.in_room(room_id).since(moment)


def messages_after(room_id: uuid.UUID, moment: datetime, message_id: uuid.UUID) -> MessageQuerySet:
    """What was said in a room after one of its messages."""
    return Message.objects.in_room(room_id).after(moment, message_id)


def newest_messages(room_id: uuid.UUID) -> QuerySet[Message]:
    """What was said in a room, the last first."""
    return Message.objects.in_room(room_id).order_by("-created_at", "-id")


def messages_before(room_id: uuid.UUID, moment: datetime, message_id: uuid.UUID) -> QuerySet[Message]:
    """What was said in a room before one of its messages, the last first."""
    return Message.objects.in_room(room_id).before(moment, message_id).order_by("-created_at", "-id")


def messages_following(room_id: uuid.UUID, moment: datetime, message_id: uuid.UUID) -> QuerySet[Message]:
    """What was said in a room after one of its messages, the first first."""
    return messages_after(room_id, moment, message_id).order_by("created_at", "id")


def oldest_messages(room_id: uuid.UUID) -> QuerySet[Message]:
    """What was said in a room, from the beginning."""
    return Message.objects.in_room(room_id).order_by("created_at", "id")


def message(room_id: uuid.UUID, message_id: uuid.UUID) -> MessageQuerySet:
    """One message of a room."""
    return Message.objects.in_room(room_id).filter(id=message_id)


def place_of(room_id: uuid.UUID, message_id: uuid.UUID) -> tuple[datetime, uuid.UUID] | None:
    """Where a message stands in its room: its time and id."""
    return message(room_id, message_id).values_list("created_at", "id").first()


def read_state(room_id: uuid.UUID, caller: Caller) -> dict[str, Any]:
    """Up to which message the caller has read a room, and how many of others came since."""
    found = room(room_id, caller).annotate(message_id=F("read_id")).values("message_id", "unread_count").first()
    if found is None:
        raise NotFoundError
    return {**found}


def messages_by_id(message_ids: tuple[uuid.UUID, ...]) -> MessageQuerySet:
    """These messages, of whatever rooms."""
    return Message.objects.filter(id__in=message_ids)
