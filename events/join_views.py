"""The routes of joins: events that look for company, flat as the web frontend reads them (docs/api.md, Events)."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from events import reads, services
from events.join_openapi import join_docs
from events.serializers import JoinCreateSerializer, JoinUpdateSerializer
from events.shapes import JOIN_COLUMNS, join_shape_for, join_shapes
from lifestring import idempotency, listing, rows
from lifestring.errors import NotFoundError
from lifestring.pagination import MAX_COUNTED
from lifestring.rows import Build
from lifestring.views import ApiViewSet, validated


@join_docs
class JoinViewSet(ApiViewSet):
    """Joins."""

    def list(self, request: Request) -> Response:
        """List joins, the newest first."""
        filters = reads.JoinFilters(
            place=listing.text_param(request, "location", longest=255) or None,
            difficulty=listing.text_param(request, "difficulty") or None,
            text=listing.text_param(request, "search") or None,
        )
        return self._page(request, reads.joins, reads.joins_page, *filters)

    def mine(self, request: Request) -> Response:
        """List the joins the caller organises."""
        return self._page(request, reads.own_joins, reads.own_joins_page)

    def create(self, request: Request) -> Response:
        """Look for company."""
        caller = caller_of(request)
        values = validated(JoinCreateSerializer(data=request.data))
        event_id = idempotency.new_id(request, caller.user_id)
        services.event_create(caller=caller, event_id=event_id, values=values)
        return Response(self._shape(request, event_id), status=201)

    def retrieve(self, request: Request, event_id: uuid.UUID) -> Response:
        """Show one join."""
        return Response(self._shape(request, event_id))

    def update(self, request: Request, event_id: uuid.UUID) -> Response:
        """Change the fields given."""
        values = validated(JoinUpdateSerializer(data=request.data))
        services.event_update(caller=caller_of(request), event_id=event_id, values=values, merge=True, only_join=True)
        return Response(self._shape(request, event_id))

    def destroy(self, request: Request, event_id: uuid.UUID) -> Response:
        """Delete a join."""
        services.event_delete(caller=caller_of(request), event_id=event_id, only_join=True)
        return Response(status=204)

    def _page(self, request: Request, count: Build, build: Build, *filters: str | None) -> Response:
        page = listing.limit(request, default=1, most=listing.MAX_PAGE, parameter="page")
        per_page = listing.limit(
            request, default=listing.DEFAULT_PER_PAGE, most=listing.MAX_PER_PAGE, parameter="per_page"
        )
        values: tuple[Any, ...] = (caller_of(request), *filters)
        start = (page - 1) * per_page
        # As in every list: what lies beyond what is counted is not read either.
        found = rows.fetch(build, values, JOIN_COLUMNS, limit=per_page, offset=start) if start < MAX_COUNTED else []
        total = rows.count_up_to(count, count, values, MAX_COUNTED)
        return Response({"joins": join_shapes(found), "total": total, "page": page, "per_page": per_page})

    def _shape(self, request: Request, event_id: uuid.UUID) -> Any:
        shape = join_shape_for(event_id, caller_of(request))
        if shape is None:
            raise NotFoundError
        return shape
