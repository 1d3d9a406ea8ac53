"""The routes of connections, blocks and discovery (docs/api.md, People, and Shapes the web frontend reads)."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import reads, services
from accounts.callers import caller_of
from accounts.connection_openapi import block_docs, connection_docs, discover_docs
from accounts.connection_shapes import (
    CONNECTION_COLUMNS,
    CONNECTION_INCLUDES,
    OTHER_COLUMNS,
    block_shapes,
    card_shapes,
    connection_shape_for,
    connection_shapes,
    match_shapes,
)
from accounts.discovery import best_matches
from accounts.models import ConnectionStatus, UserProfile
from accounts.serializers import (
    ANSWERS,
    ConnectionAnswerSerializer,
    ConnectionRequestSerializer,
    ConnectionRespondSerializer,
)
from accounts.shapes import user_shapes_by_id
from lifestring import listing, rows
from lifestring.errors import NotFoundError, ValidationFailedError
from lifestring.listing import Ordering
from lifestring.pagination import Listing, paginate, paginate_flat
from lifestring.rows import Row
from lifestring.views import ApiViewSet, validated

CONNECTIONS = Ordering(
    {"created_at": "created_at", "updated_at": "updated_at", "status": "status"}, "created_at", tiebreak="other_id"
)
BLOCKS = Ordering({"created_at": "created_at"}, "created_at", tiebreak="other_id")
TYPES = ("all", "sent", "received")
STATUSES = ("pending", "accepted", "declined")
# What the frontend reads without pages; the lists in the envelope have no end.
MAX_BARE = 1_000
DISCOVERED, MAX_DISCOVERED = 20, 50
MAX_INTERESTS = 20


def reachable_id(request: Request, given: uuid.UUID) -> uuid.UUID:
    """Return the user id behind a path's id; people the caller blocks themself are found whoever blocks whom.

    Raises:
        NotFoundError: there is no such person for the caller.
    """
    reachable = UserProfile.objects.reachable_by(caller_of(request))
    found = reachable.known_as(given).values_list("user_id", flat=True).first()
    if found is None:
        raise NotFoundError
    return found


def connection_page(
    request: Request, *, status: str | None, sent: bool = True, received: bool = True
) -> dict[str, Any]:
    """Return one page of the caller's connections, as every route that lists them does.

    Args:
        request: the request.
        status: only those in this state; `blocked` are the caller's own blocks.
        sent: with those the caller asked for.
        received: with those the caller was asked for.
    """
    caller = caller_of(request)
    include = listing.names(request, "include", CONNECTION_INCLUDES)

    def render(page: list[Row]) -> Any:
        return connection_shapes(page, caller=caller, include=include)

    if status == ConnectionStatus.BLOCKED and sent:
        found = Listing(reads.own_blocks, (caller,), CONNECTIONS, CONNECTION_COLUMNS)
    else:
        found = Listing(reads.connections, (caller, sent, received, status), CONNECTIONS, CONNECTION_COLUMNS)
    return paginate(request, found, render)


def _newest(request: Request, *, status: str, sent: bool = True) -> list[Row]:
    limit = listing.limit(request, default=MAX_BARE, most=MAX_BARE)
    values = (caller_of(request), sent, True, status)
    return rows.fetch(reads.newest_connections, values, OTHER_COLUMNS, limit=limit)


@connection_docs
class ConnectionViewSet(ApiViewSet):
    """The caller's connections."""

    def list(self, request: Request) -> Response:
        """List them, the newest first unless told otherwise; with `status_filter` in the frontend's flat shape."""
        flat = request.query_params.get("status_filter") is not None
        kind = listing.choice(request, "type", TYPES)
        sent, received = kind != "received", kind != "sent"
        status = listing.choice(request, "status", ConnectionStatus.values)
        if not flat:
            return Response(connection_page(request, status=status, sent=sent, received=received))
        status = listing.choice(request, "status_filter", STATUSES)
        found = Listing(reads.connections, (caller_of(request), sent, received, status), CONNECTIONS, OTHER_COLUMNS)
        return Response(paginate_flat(request, found, card_shapes, "connections"))

    def create(self, request: Request) -> Response:
        """Ask somebody for a connection."""
        receiver_id = validated(ConnectionRequestSerializer(data=request.data))["receiver_id"]
        made = services.connection_request(caller=caller_of(request), receiver_id=receiver_id)
        return Response({"message": "Connection request sent successfully", "connection": made}, status=201)

    def retrieve(self, request: Request, user: uuid.UUID) -> Response:
        """Show what stands between the caller and one person."""
        include = listing.names(request, "include", CONNECTION_INCLUDES)
        shape = connection_shape_for(reachable_id(request, user), caller=caller_of(request), include=include)
        if shape is None:
            raise NotFoundError
        return Response({"connection": shape})

    def update(self, request: Request, user: uuid.UUID) -> Response:
        """Accept or decline a request."""
        status = validated(ConnectionAnswerSerializer(data=request.data))["status"]
        changed = services.connection_respond(
            caller=caller_of(request), user_id=reachable_id(request, user), accept=ANSWERS[status]
        )
        return Response({"connection": changed})

    def respond(self, request: Request, user: uuid.UUID) -> Response:
        """Accept or decline a request, as the frontend does."""
        in_query = request.query_params.get("accept")
        accept = validated(ConnectionRespondSerializer(data=request.data)).get("accept")
        if accept is None and in_query is not None:
            accept = validated(ConnectionRespondSerializer(data={"accept": in_query}))["accept"]
        if accept is None:
            raise ValidationFailedError({"accept": ["This field is required."]})
        caller, user_id = caller_of(request), reachable_id(request, user)
        return Response(services.connection_respond(caller=caller, user_id=user_id, accept=accept))

    def destroy(self, request: Request, user: uuid.UUID) -> Response:
        """End a connection or take a request back."""
        services.connection_remove(caller=caller_of(request), user_id=reachable_id(request, user))
        return Response(status=204)

    def mine(self, request: Request) -> Response:
        """List the people one is connected with, whoever asked."""
        return Response(connection_page(request, status="accepted"))

    def requests(self, request: Request) -> Response:
        """List the requests that wait for the caller's answer."""
        return Response(connection_page(request, status="pending", sent=False))

    def accepted(self, request: Request) -> Response:
        """List the people one is connected with, bare."""
        ids = [row[0] for row in _newest(request, status="accepted")]
        people = user_shapes_by_id(ids, caller=caller_of(request))
        return Response([people[user_id] for user_id in ids if user_id in people])

    def pending(self, request: Request) -> Response:
        """List the requests that wait for the caller's answer, bare and flat."""
        return Response(card_shapes(_newest(request, status="pending", sent=False)))


@block_docs
class BlockViewSet(ApiViewSet):
    """Whom the caller blocks."""

    def list(self, request: Request) -> Response:
        """List them, the newest block first unless told otherwise."""
        return Response(
            paginate(request, Listing(reads.own_blocks, (caller_of(request),), BLOCKS, OTHER_COLUMNS), block_shapes)
        )

    def create(self, request: Request, user: uuid.UUID) -> Response:
        """Block somebody; repeatable."""
        caller, user_id = caller_of(request), reachable_id(request, user)
        services.block_set(caller=caller, user_id=user_id)
        found = rows.fetch(reads.own_block_of, (user_id, caller), OTHER_COLUMNS)
        if not found:
            raise NotFoundError
        return Response({"data": block_shapes(found)[0]}, status=201)

    def destroy(self, request: Request, user: uuid.UUID) -> Response:
        """Lift the caller's block; repeatable."""
        services.block_lift(caller=caller_of(request), user_id=reachable_id(request, user))
        return Response(status=204)


@discover_docs
class DiscoverViewSet(ApiViewSet):
    """People one might like to meet."""

    def list(self, request: Request) -> Response:
        """List them, those one shares most with first."""
        caller = caller_of(request)
        named = [part.strip() for part in listing.text_param(request, "interests", longest=500).split(",")]
        interests = [part for part in named if part]
        if len(interests) > MAX_INTERESTS:
            raise ValidationFailedError({"interests": [f"These must not be more than {MAX_INTERESTS}."]})
        found = best_matches(
            caller.user_id,
            hidden=caller.hidden_ids,
            interests=interests,
            location=listing.text_param(request, "location"),
            limit=listing.limit(request, default=DISCOVERED, most=MAX_DISCOVERED),
        )
        return Response(match_shapes(found, caller=caller))
