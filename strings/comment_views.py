"""The routes of comments (docs/api.md, Strings)."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from lifestring import idempotency, listing
from lifestring.errors import NotFoundError
from lifestring.links import base_url
from lifestring.listing import Ordering
from lifestring.pagination import Listing, paginate
from lifestring.rows import Build, Row
from lifestring.views import ApiViewSet, validated
from strings import reads, services
from strings.openapi import comment_docs
from strings.serializers import CommentUpdateSerializer, CommentWriteSerializer
from strings.shapes import COMMENT_COLUMNS, COMMENT_INCLUDES, comment_shape_for, comment_shapes

NEWEST_FIRST = Ordering({"created_at": "created_at", "updated_at": "updated_at"}, "created_at")
OLDEST_FIRST = Ordering(NEWEST_FIRST.fields, "created_at", descending=False)


@comment_docs
class CommentViewSet(ApiViewSet):
    """Comments of one string."""

    def list(self, request: Request, string_id: uuid.UUID) -> Response:
        """List top-level comments, newest first; replies too with `include_replies`."""
        if not reads.is_there(string_id):
            raise NotFoundError
        build = reads.comments_on if listing.flag(request, "include_replies") else reads.top_level_comments_on
        return self._page(request, build, string_id, NEWEST_FIRST)

    def create(self, request: Request, string_id: uuid.UUID) -> Response:
        """Comment on a string, or reply to a comment on it."""
        caller = caller_of(request)
        values = validated(CommentWriteSerializer(data=request.data))
        comment_id = idempotency.new_id(request, caller.user_id)
        services.comment_create(caller=caller, string_id=string_id, comment_id=comment_id, values=values)
        return Response({"data": self._shape(request, string_id, comment_id)}, status=201)

    def retrieve(self, request: Request, string_id: uuid.UUID, comment_id: uuid.UUID) -> Response:
        """Show one comment."""
        return Response({"data": self._shape(request, string_id, comment_id)})

    def update(self, request: Request, string_id: uuid.UUID, comment_id: uuid.UUID) -> Response:
        """Change a comment's text."""
        content = validated(CommentUpdateSerializer(data=request.data))["content"]
        services.comment_update(caller=caller_of(request), string_id=string_id, comment_id=comment_id, content=content)
        return Response({"data": self._shape(request, string_id, comment_id)})

    def destroy(self, request: Request, string_id: uuid.UUID, comment_id: uuid.UUID) -> Response:
        """Delete a comment with its replies."""
        services.comment_delete(caller=caller_of(request), string_id=string_id, comment_id=comment_id)
        return Response(status=204)

    def replies(self, request: Request, string_id: uuid.UUID, comment_id: uuid.UUID) -> Response:
        """List the direct replies to a comment, in the order they were written."""
        self._read(request, string_id, comment_id)
        return self._page(request, reads.replies_to, comment_id, OLDEST_FIRST)

    def _page(self, request: Request, build: Build, of: uuid.UUID, ordering: Ordering) -> Response:
        caller = caller_of(request)
        include = listing.names(request, "include", COMMENT_INCLUDES)

        def render(page: list[Row]) -> Any:
            return comment_shapes(page, caller=caller, base=base_url(request), include=include)

        found = Listing(build, (of, caller), ordering, COMMENT_COLUMNS, annotate=reads.counting_replies)
        return Response(paginate(request, found, render))

    def _shape(self, request: Request, string_id: uuid.UUID, comment_id: uuid.UUID) -> dict[str, Any]:
        return self._read(request, string_id, comment_id, listing.names(request, "include", COMMENT_INCLUDES))

    def _read(
        self, request: Request, string_id: uuid.UUID, comment_id: uuid.UUID, include: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        shape = comment_shape_for(comment_id, caller=caller_of(request), base=base_url(request), include=include)
        if shape is None or shape["string_id"] != string_id:
            raise NotFoundError
        return shape
