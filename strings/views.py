"""The routes of strings and their likes (docs/api.md, Strings)."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from accounts.shapes import AUTHOR_COLUMNS, author_shape
from lifestring import idempotency, listing, rows
from lifestring.errors import NotFoundError
from lifestring.links import base_url
from lifestring.listing import Ordering
from lifestring.pagination import Listing, paginate
from lifestring.rows import Build, Row
from lifestring.views import ApiViewSet, validated
from strings import reads, services
from strings.openapi import likes_docs, string_docs
from strings.serializers import StringWriteSerializer
from strings.shapes import STRING_COLUMNS, STRING_INCLUDES, string_shape_for, string_shapes

ORDERING = Ordering(
    {"created_at": "created_at", "likes_count": "likes_count", "comments_count": "comments_count"}, "created_at"
)

LIKER_COLUMNS = ("user_id", "created_at", *AUTHOR_COLUMNS)
LIKES_ORDERING = Ordering({"created_at": "created_at"}, "created_at", tiebreak="user_id")


def string_page(request: Request, build: Build, *values: Any, searched: bool = False) -> dict[str, Any]:
    """Return one page of strings, as every route that lists them does.

    Args:
        request: the request.
        build: a function of strings/reads.py.
        values: its arguments after the caller.
        searched: whether a search narrows them.
    """
    caller = caller_of(request)
    include = listing.names(request, "include", STRING_INCLUDES)

    def render(found: list[Row]) -> Any:
        return string_shapes(found, caller=caller, base=base_url(request), include=include)

    strings = Listing(
        build,
        (caller, *values),
        ORDERING,
        STRING_COLUMNS,
        annotate=reads.with_viewer,
        everything=reads.everything if searched else None,
        recent="created_at",
        surely=reads.feed_holding if searched else None,
    )
    return paginate(request, strings, render)


def string_or_404(request: Request, string_id: uuid.UUID) -> Any:
    """Return one string as the caller sees it.

    Raises:
        NotFoundError: there is none.
    """
    include = listing.names(request, "include", STRING_INCLUDES)
    shape = string_shape_for(string_id, caller=caller_of(request), base=base_url(request), include=include)
    if shape is None:
        raise NotFoundError
    return shape


@string_docs
class StringViewSet(ApiViewSet):
    """Strings."""

    def list(self, request: Request) -> Response:
        """List strings, newest first unless told otherwise."""
        filters = reads.FeedFilters(
            author=listing.id_param(request, "user_id"),
            kind=listing.text_param(request, "stringable_type", longest=255) or None,
            thing=listing.id_param(request, "stringable_id"),
            text=listing.text_param(request, "search") or None,
        )
        return Response(string_page(request, reads.feed, *filters, searched=filters.text is not None))

    def create(self, request: Request) -> Response:
        """Post a string."""
        caller = caller_of(request)
        values = validated(StringWriteSerializer(data=request.data))
        string_id = idempotency.new_id(request, caller.user_id)
        services.string_create(caller=caller, string_id=string_id, values=values)
        return Response({"data": string_or_404(request, string_id)}, status=201)

    def retrieve(self, request: Request, string_id: uuid.UUID) -> Response:
        """Show one string."""
        return Response({"data": string_or_404(request, string_id)})

    def update(self, request: Request, string_id: uuid.UUID) -> Response:
        """Change the fields given; PUT and PATCH do the same, as in the old backend."""
        values = validated(StringWriteSerializer(data=request.data))
        services.string_update(caller=caller_of(request), string_id=string_id, values=values)
        return Response({"data": string_or_404(request, string_id)})

    def destroy(self, request: Request, string_id: uuid.UUID) -> Response:
        """Delete a string."""
        services.string_delete(caller=caller_of(request), string_id=string_id)
        return Response(status=204)

    def mine(self, request: Request) -> Response:
        """List the caller's own strings."""
        return Response(string_page(request, reads.own))

    def liked(self, request: Request) -> Response:
        """List the strings the caller likes."""
        return Response(string_page(request, reads.liked))

    def recent(self, request: Request) -> Response:
        """List the caller's newest strings in the frontend's flat shape."""
        caller = caller_of(request)
        limit = listing.limit(request, default=10, most=listing.MAX_PER_PAGE)
        found = rows.fetch(reads.own_newest, (caller,), STRING_COLUMNS, limit=limit)
        strings = string_shapes(found, caller=caller, base=base_url(request))
        return Response({"strings": strings, "total": reads.own(caller).count(), "page": 1, "per_page": limit})


@likes_docs
class StringLikeViewSet(ApiViewSet):
    """Likes of one string."""

    def list(self, request: Request, string_id: uuid.UUID) -> Response:
        """List who likes a string, the newest like first."""
        if not reads.is_there(string_id):
            raise NotFoundError
        who = Listing(reads.likes_of, (string_id, caller_of(request)), LIKES_ORDERING, LIKER_COLUMNS, unled=True)

        def render(likes: list[Row]) -> Any:
            return [{"user_id": row[0], "created_at": row[1], "user": author_shape(row[0], row[2:6])} for row in likes]

        return Response(paginate(request, who, render))

    def toggle(self, request: Request, string_id: uuid.UUID) -> Response:
        """Like, or take the like back."""
        return self._answer(services.string_like_toggle(caller=caller_of(request), string_id=string_id))

    def like(self, request: Request, string_id: uuid.UUID) -> Response:
        """Like; repeatable."""
        return self._answer(services.string_like(caller=caller_of(request), string_id=string_id))

    def unlike(self, request: Request, string_id: uuid.UUID) -> Response:
        """Take the like back; repeatable."""
        services.string_unlike(caller=caller_of(request), string_id=string_id)
        return Response(status=204)

    def _answer(self, result: services.LikeResult) -> Response:
        message = f"String {result.action} successfully"
        return Response({"message": message, "likes_count": result.likes_count, "action": result.action})
