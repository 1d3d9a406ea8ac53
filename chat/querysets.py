"""Reads of rooms, places in them and messages."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import (
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from accounts.assistant import assistant_id
from accounts.callers import Caller
from chat.limits import MOST_PARTICIPANTS, MOST_UNREAD

if TYPE_CHECKING:
    from chat.models import Message, Room, RoomParticipant  # noqa: F401 - named in strings below

_BEFORE_ALL = Value(datetime.min.replace(tzinfo=UTC), output_field=DateTimeField())
_LEAST_ID = Value(uuid.UUID(int=0), output_field=UUIDField())


class _Counted(Subquery):
    """How many rows a subquery has."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


class RoomQuerySet(QuerySet["Room"]):
    """Rooms, which only their members see."""

    def with_member(self, user_id: uuid.UUID) -> RoomQuerySet:
        """Rooms a person is in."""
        places = apps.get_model("chat", "RoomParticipant").objects.filter(room_id=OuterRef("pk"), user_id=user_id)
        return self.filter(Exists(places))

    def with_unread_count(self, caller: Caller) -> RoomQuerySet:
        """Add `unread_count`, the messages of others after the caller's read mark, as far as `MOST_UNREAD`."""
        marks = apps.get_model("chat", "ReadMark").objects.filter(room_id=OuterRef("pk"), user_id=caller.user_id)
        marked = self.annotate(
            read_at=Coalesce(Subquery(marks.values("message_at")), _BEFORE_ALL),
            read_id=Coalesce(Subquery(marks.values("message_id")), _LEAST_ID),
        )
        messages = apps.get_model("chat", "Message").objects.filter(room_id=OuterRef("pk")).order_by()
        unread = messages.after(OuterRef("read_at"), OuterRef("read_id")).exclude(user_id=caller.user_id)
        return marked.annotate(unread_count=_Counted(unread.values("pk")[:MOST_UNREAD]))


class RoomParticipantQuerySet(QuerySet["RoomParticipant"]):
    """Who is in which room."""

    def of_room(self, room_id: uuid.UUID) -> RoomParticipantQuerySet:
        """Everybody in one room."""
        return self.filter(room_id=room_id)

    def people(self) -> RoomParticipantQuerySet:
        """Everybody but the assistant, in whose sole company a room is empty."""
        assistant = assistant_id()
        return self.exclude(user_id=assistant) if assistant else self

    def known_as(self, given: uuid.UUID) -> RoomParticipantQuerySet:
        """The places of the person with this user id or, for old links, this profile id."""
        return self.filter(Q(user_id=given) | Q(user__id=given))

    def first_per_room(self, room_ids: Iterable[uuid.UUID]) -> RoomParticipantQuerySet:
        """So many participants of each of these rooms as go into a list."""
        place = Window(RowNumber(), partition_by=F("room_id"), order_by=[F("user_id").asc()])
        return self.filter(room_id__in=list(room_ids)).annotate(place=place).filter(place__lte=MOST_PARTICIPANTS)


class MessageQuerySet(QuerySet["Message"]):
    """Messages; whoever is in the room reads all of them, also those of people a block stands between."""

    def in_room(self, room_id: uuid.UUID) -> MessageQuerySet:
        """The messages of one room."""
        return self.filter(room_id=room_id)

    def after(self, moment: datetime | OuterRef, message_id: uuid.UUID | OuterRef) -> MessageQuerySet:
        """Those that come later than a message of this time and id."""
        return self.filter(created_at__gte=moment).filter(
            Q(created_at__gt=moment) | Q(created_at=moment, id__gt=message_id)
        )

    def before(self, moment: datetime, message_id: uuid.UUID) -> MessageQuerySet:
        """Those that come earlier than a message of this time and id."""
        return self.filter(created_at__lte=moment).filter(
            Q(created_at__lt=moment) | Q(created_at=moment, id__lt=message_id)
        )

    def since(self, moment: datetime) -> MessageQuerySet:
        """Those written after a moment."""
        return self.filter(created_at__gt=moment)

    def latest_per_room(self, room_ids: Iterable[uuid.UUID]) -> MessageQuerySet:
        """The newest message of each of these rooms."""
        newest = self.model.objects.filter(room_id=OuterRef("pk")).order_by("-created_at", "-id").values("id")[:1]
        rooms = apps.get_model("chat", "Room").objects.filter(id__in=list(room_ids))
        return self.filter(id__in=rooms.annotate(newest=Subquery(newest)).values("newest"))
