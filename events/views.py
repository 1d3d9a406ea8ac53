"""The routes of events and of who attends them (docs/api.md, Events)."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from events import reads, services
from events.models import AttendanceStatus
from events.openapi import attendance_docs, event_docs
from events.serializers import AttendanceSerializer, EventCreateSerializer, EventUpdateSerializer
from events.shapes import (
    ATTENDEE_COLUMNS,
    EVENT_COLUMNS,
    EVENT_INCLUDES,
    attendance_shape_for,
    attendee_shapes,
    event_shape_for,
    event_shapes,
)
from lifestring import idempotency, listing, rows
from lifestring.errors import NotFoundError, ValidationFailedError
from lifestring.links import base_url
from lifestring.listing import Ordering
from lifestring.pagination import Listing, paginate
from lifestring.rows import Build, Row
from lifestring.views import ApiViewSet, validated

ORDERING = Ordering(
    {"start_time": "start_time", "created_at": "created_at", "title": "title"}, "start_time", descending=False
)
ATTENDEES_ORDERING = Ordering(
    {"updated_at": "updated_at", "created_at": "created_at"}, "updated_at", descending=False, tiebreak="user_id"
)


@event_docs
class EventViewSet(ApiViewSet):
    """Events."""

    def list(self, request: Request) -> Response:
        """List events, the next one first unless told otherwise."""
        filters = reads.EventFilters(
            organiser=listing.id_param(request, "user_id"),
            earliest=listing.time_param(request, "start_from"),
            latest=listing.time_param(request, "start_to"),
            upcoming=listing.flag(request, "upcoming_only"),
            place=listing.text_param(request, "location", longest=255) or None,
            text=listing.text_param(request, "search") or None,
        )
        return Response(self._page(request, reads.listed, *filters, searched=filters.text is not None))

    def create(self, request: Request) -> Response:
        """Invite to an event."""
        caller = caller_of(request)
        values = validated(EventCreateSerializer(data=request.data))
        event_id = idempotency.new_id(request, caller.user_id)
        services.event_create(caller=caller, event_id=event_id, values=values)
        return Response({"data": self._shape(request, event_id)}, status=201)

    def retrieve(self, request: Request, event_id: uuid.UUID) -> Response:
        """Show one event."""
        return Response({"data": self._shape(request, event_id)})

    def replace(self, request: Request, event_id: uuid.UUID) -> Response:
        """Change the fields given; JSON columns are replaced."""
        return self._update(request, event_id, merge=False)

    def merge(self, request: Request, event_id: uuid.UUID) -> Response:
        """Change the fields given; JSON columns are merged into."""
        return self._update(request, event_id, merge=True)

    def destroy(self, request: Request, event_id: uuid.UUID) -> Response:
        """Delete an event."""
        services.event_delete(caller=caller_of(request), event_id=event_id)
        return Response(status=204)

    def mine(self, request: Request) -> Response:
        """List the events the caller organises."""
        return Response(self._page(request, reads.own))

    def recent(self, request: Request) -> Response:
        """List the caller's newest events in the frontend's flat shape."""
        caller = caller_of(request)
        limit = listing.limit(request, default=10, most=listing.MAX_PER_PAGE)
        found = rows.fetch(reads.own_newest, (caller,), EVENT_COLUMNS, limit=limit)
        events = event_shapes(found, base=base_url(request))
        return Response({"events": events, "total": reads.own(caller).count(), "page": 1, "per_page": limit})

    def _page(self, request: Request, build: Build, *values: Any, searched: bool = False) -> dict[str, Any]:
        include = listing.names(request, "include", EVENT_INCLUDES)

        def render(found: list[Row]) -> Any:
            return event_shapes(found, base=base_url(request), include=include)

        everything = reads.everything if searched else None
        events = Listing(build, (caller_of(request), *values), ORDERING, EVENT_COLUMNS, everything=everything)
        return paginate(request, events, render)

    def _update(self, request: Request, event_id: uuid.UUID, *, merge: bool) -> Response:
        values = validated(EventUpdateSerializer(data=request.data))
        services.event_update(caller=caller_of(request), event_id=event_id, values=values, merge=merge)
        return Response({"data": self._shape(request, event_id)})

    def _shape(self, request: Request, event_id: uuid.UUID) -> dict[str, Any]:
        include = listing.names(request, "include", EVENT_INCLUDES)
        shape = event_shape_for(event_id, base=base_url(request), include=include)
        if shape is None:
            raise NotFoundError
        return shape


@attendance_docs
class AttendanceViewSet(ApiViewSet):
    """Who attends one event."""

    def retrieve(self, request: Request, event_id: uuid.UUID) -> Response:
        """Show the caller's own answer."""
        return self._answer(request, event_id)

    def update(self, request: Request, event_id: uuid.UUID) -> Response:
        """Say whether one comes."""
        values = validated(AttendanceSerializer(data=request.data))
        services.attendance_set(caller=caller_of(request), event_id=event_id, **values)
        return self._answer(request, event_id)

    def destroy(self, request: Request, event_id: uuid.UUID) -> Response:
        """Take one's answer back."""
        services.attendance_remove(caller=caller_of(request), event_id=event_id)
        return Response(status=204)

    def list(self, request: Request, event_id: uuid.UUID) -> Response:
        """List who answered, in the order they did."""
        status = request.query_params.get("status") or None
        if status is not None and status not in AttendanceStatus.values:
            raise ValidationFailedError({"status": [f"This must be one of {', '.join(AttendanceStatus.values)}."]})
        if not reads.is_there(event_id):
            raise NotFoundError
        who = Listing(reads.answers_to, (event_id, caller_of(request), status), ATTENDEES_ORDERING, ATTENDEE_COLUMNS)
        return Response(paginate(request, who, attendee_shapes))

    def _answer(self, request: Request, event_id: uuid.UUID) -> Response:
        shape = attendance_shape_for(event_id, caller_of(request))
        if shape is None:
            raise NotFoundError
        return Response({"data": shape})
