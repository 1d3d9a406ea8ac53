"""The routes of what is said in rooms (docs/api.md, Rooms)."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from chat import reads, services
from chat.access import member_of, validated_of_member
from chat.columns import MESSAGE_COLUMNS
from chat.message_openapi import message_docs
from chat.serializers import MessageWriteSerializer
from chat.shapes import MESSAGE_INCLUDES, message_shape
from lifestring import idempotency, listing, rows
from lifestring.errors import NotFoundError, ValidationFailedError
from lifestring.links import base_url
from lifestring.listing import Ordering
from lifestring.pagination import Listing, paginate
from lifestring.rows import Row
from lifestring.views import ApiViewSet

ORDERING = Ordering({"created_at": "created_at"}, "created_at")
BAD_SINCE = "This must be a time or the id of a message in this room."


@message_docs
class MessageViewSet(ApiViewSet):
    """Messages of one room."""

    def list(self, request: Request, room_id: uuid.UUID) -> Response:
        """List messages, the newest first unless told otherwise."""
        member_of(room_id, caller_of(request))

        base, include = base_url(request), listing.names(request, "include", MESSAGE_INCLUDES)

        def render(page: list[Row]) -> Any:
            return [message_shape(row, base=base, include=include) for row in page]

        return Response(paginate(request, _listing(request, room_id), render))

    def create(self, request: Request, room_id: uuid.UUID) -> Response:
        """Say something."""
        caller = caller_of(request)
        content = validated_of_member(room_id, caller, MessageWriteSerializer(data=request.data))["content"]
        message_id = idempotency.new_id(request, caller.user_id)
        sent = services.message_send(caller=caller, room_id=room_id, message_id=message_id, content=content)
        return Response({"data": {**_shape(request, sent.row), "seq": sent.seq}}, status=201)

    def retrieve(self, request: Request, room_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Show one message."""
        member_of(room_id, caller_of(request))
        found = rows.fetch(reads.message, (room_id, message_id), MESSAGE_COLUMNS)
        if not found:
            raise NotFoundError
        return Response({"data": _shape(request, found[0])})

    def update(self, request: Request, room_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Change a message's text."""
        caller = caller_of(request)
        content = validated_of_member(room_id, caller, MessageWriteSerializer(data=request.data))["content"]
        changed = services.message_update(caller=caller, room_id=room_id, message_id=message_id, content=content)
        return Response({"data": {**_shape(request, changed.row), "seq": changed.seq}})

    def destroy(self, request: Request, room_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Delete a message."""
        services.message_delete(caller=caller_of(request), room_id=room_id, message_id=message_id)
        return Response(status=204)


def _shape(request: Request, row: Row) -> Any:
    return message_shape(row, base=base_url(request), include=listing.names(request, "include", MESSAGE_INCLUDES))


def _listing(request: Request, room_id: uuid.UUID) -> Listing:
    since = listing.text_param(request, "since")
    if not since:
        return Listing(reads.messages, (room_id,), ORDERING, MESSAGE_COLUMNS)
    if (moment := _moment(since)) is not None:
        return Listing(reads.messages_since, (room_id, moment), ORDERING, MESSAGE_COLUMNS)
    place = reads.place_of(room_id, message_id) if (message_id := _uuid(since)) else None
    if place is None:
        raise ValidationFailedError({"since": [BAD_SINCE]})
    return Listing(reads.messages_after, (room_id, *place), ORDERING, MESSAGE_COLUMNS)


def _moment(text: str) -> datetime | None:
    """Read a time, in UTC unless it says otherwise; an unencoded plus sign arrives as a space."""
    try:
        moment = parse_datetime(text) or parse_datetime(text.replace(" ", "+"))
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
