"""The routes of rooms and of who is in them (docs/api.md, Rooms); of messages, chat/message_views.py."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from chat import reads, services
from chat.access import member_of, validated_of_member
from chat.columns import MESSAGE_COLUMNS, PARTICIPANT_COLUMNS, ROOM_COLUMNS
from chat.limits import DEFAULT_LOG, MAX_LOG
from chat.log_reads import room_log
from chat.openapi import participant_docs, room_docs
from chat.serializers import ParticipantSerializer, ReadSerializer, RoomCreateSerializer, RoomWriteSerializer
from chat.shapes import (
    ROOM_COUNTS,
    ROOM_INCLUDES,
    WITH_USER,
    message_shape,
    participant_shape,
    room_shape_for,
    room_shapes,
)
from lifestring import idempotency, listing, rows
from lifestring.errors import ConflictError, NotFoundError, ValidationFailedError
from lifestring.links import base_url
from lifestring.listing import DEFAULT_PER_PAGE, MAX_PER_PAGE, Ordering
from lifestring.pagination import Listing, paginate
from lifestring.rows import Row
from lifestring.views import ApiViewSet, validated

ORDERING = Ordering(
    {"updated_at": "updated_at", "created_at": "created_at", "name": "name"}, "updated_at", nullable=frozenset({"name"})
)
PARTICIPANTS_ORDERING = Ordering({"user_id": "user_id"}, "user_id", descending=False, tiebreak="user_id")
BAD_SEQ = "This must be a whole number, no greater than the room's newest `seq`."


@room_docs
class RoomViewSet(ApiViewSet):
    """Rooms."""

    def list(self, request: Request) -> Response:
        """List the rooms the caller is in, the last changed first unless told otherwise."""
        return _own_rooms(request)

    def mine(self, request: Request) -> Response:
        """List the same under the name the older clients know."""
        return _own_rooms(request)

    def create(self, request: Request) -> Response:
        """Make a room."""
        caller = caller_of(request)
        values = validated(RoomCreateSerializer(data=request.data))
        room_id = idempotency.new_id(request, caller.user_id)
        services.room_create(caller=caller, room_id=room_id, values=values)
        try:
            # A repeated key may lead to a room that its maker has left since.
            shape = {**_shape(request, room_id), "seq": member_of(room_id, caller).seq}
        except NotFoundError:
            raise ConflictError("Somebody in the room has deleted it already.") from None
        return Response({"data": shape}, status=201)

    def retrieve(self, request: Request, room_id: uuid.UUID) -> Response:
        """Show one room, with a page of its messages where they are included."""
        member_of(room_id, caller_of(request))
        limit = listing.limit(request, default=DEFAULT_PER_PAGE, most=MAX_PER_PAGE, parameter="messages_per_page")
        oldest_first = request.query_params.get("messages_sort_dir", "").lower() == "asc"
        shape = _shape(request, room_id)
        if "messages" in shape:
            shape["messages"] = _messages(request, room_id, limit=limit, oldest_first=oldest_first)
        return Response({"data": shape})

    def update(self, request: Request, room_id: uuid.UUID) -> Response:
        """Change the fields given; PUT and PATCH do the same."""
        caller = caller_of(request)
        values = validated_of_member(room_id, caller, RoomWriteSerializer(data=request.data))
        seq = services.room_update(caller=caller, room_id=room_id, values=values)
        return Response({"data": {**_shape(request, room_id), "seq": seq}})

    def destroy(self, request: Request, room_id: uuid.UUID) -> Response:
        """Delete a room."""
        services.room_delete(caller=caller_of(request), room_id=room_id)
        return Response(status=204)

    def read(self, request: Request, room_id: uuid.UUID) -> Response:
        """Note how far the caller has read."""
        caller = caller_of(request)
        message_id = validated_of_member(room_id, caller, ReadSerializer(data=request.data))["message_id"]
        services.read_mark_set(caller=caller, room_id=room_id, message_id=message_id)
        return Response({"data": {"room_id": room_id, **reads.read_state(room_id, caller)}})

    def log(self, request: Request, room_id: uuid.UUID) -> Response:
        """Tell what happened in a room after a number."""
        member = member_of(room_id, caller_of(request))
        since = _since(request, member.seq)
        limit = listing.limit(request, default=DEFAULT_LOG, most=MAX_LOG)
        page = room_log(room_id, since=since, upto=member.seq, limit=limit, base=base_url(request))
        meta = {"seq": member.seq, "has_more": page.has_more, "reset": page.reset}
        return Response({"data": page.frames, "meta": meta})


@participant_docs
class ParticipantViewSet(ApiViewSet):
    """Who is in one room."""

    def list(self, request: Request, room_id: uuid.UUID) -> Response:
        """List everybody in a room."""
        member_of(room_id, caller_of(request))

        def render(page: list[Row]) -> Any:
            return [participant_shape(row) for row in page]

        found = Listing(reads.participants, (room_id,), PARTICIPANTS_ORDERING, PARTICIPANT_COLUMNS)
        return Response(paginate(request, found, render))

    def create(self, request: Request, room_id: uuid.UUID) -> Response:
        """Bring somebody in."""
        caller = caller_of(request)
        user_id = validated_of_member(room_id, caller, ParticipantSerializer(data=request.data))["user_id"]
        seq = services.participant_add(caller=caller, room_id=room_id, user_id=user_id)
        return Response({"message": "Participant added successfully", "seq": seq}, status=201)

    def destroy(self, request: Request, room_id: uuid.UUID, user: uuid.UUID) -> Response:
        """Leave, or take somebody out."""
        removal = services.participant_remove(caller=caller_of(request), room_id=room_id, user_id=user)
        ended = "The last participant left; the room was deleted"
        message = ended if removal.room_deleted else "Participant removed successfully"
        return Response({"message": message, "room_deleted": removal.room_deleted, "seq": removal.seq})


def _own_rooms(request: Request) -> Response:
    def render(page: list[Row]) -> Any:
        return room_shapes(page, base=base_url(request), include=_include(request), counts=_counts(request))

    found = Listing(reads.own, (caller_of(request),), ORDERING, ROOM_COLUMNS, annotate=reads.as_seen)
    return Response(paginate(request, found, render))


def _include(request: Request) -> frozenset[str]:
    return listing.names(request, "include", ROOM_INCLUDES)


def _counts(request: Request) -> frozenset[str]:
    return listing.names(request, "withCount", ROOM_COUNTS)


def _shape(request: Request, room_id: uuid.UUID) -> dict[str, Any]:
    shape = room_shape_for(
        room_id,
        caller=caller_of(request),
        base=base_url(request),
        include=_include(request),
        counts=_counts(request),
    )
    if shape is None:
        raise NotFoundError
    return {**shape}


def _messages(request: Request, room_id: uuid.UUID, *, limit: int, oldest_first: bool) -> list[Any]:
    build = reads.oldest_messages if oldest_first else reads.newest_messages
    include = WITH_USER if "messages.user" in _include(request) else frozenset[str]()
    found = rows.fetch(build, (room_id,), MESSAGE_COLUMNS, limit=limit)
    return [message_shape(row, base=base_url(request), include=include) for row in found]


def _since(request: Request, newest: int) -> int:
    given = request.query_params.get("since") or "0"
    if not (given.isascii() and given.isdigit() and len(given) <= 19 and int(given) <= newest):
        raise ValidationFailedError({"since": [BAD_SEQ]})
    return int(given)
