"""The routes of recommendations (docs/api.md, People and Strings)."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from accounts.models import RecommendationStatus
from accounts.views import resolve_user_id
from ai import reads, services
from ai.recommendation_openapi import recommendation_docs, recommended_docs
from ai.serializers import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    GenerateSerializer,
    RecommendationCreateSerializer,
    RecommendationUpdateSerializer,
)
from ai.shapes import RECOMMENDATION_COLUMNS, RECOMMENDATION_INCLUDES, people_by_id, recommendation_shapes
from ai.similarity import candidates
from ai.suitable import NOTHING, suitable
from lifestring import listing, rows
from lifestring.errors import ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.links import base_url
from lifestring.listing import Ordering
from lifestring.pagination import Listing, check_paging, paginate
from lifestring.rows import Row
from lifestring.views import ApiViewSet, validated
from strings import reads as string_reads
from strings.shapes import STRING_COLUMNS, STRING_INCLUDES, string_shapes

RECOMMENDATIONS = Ordering(
    {"similarity_score": "similarity_score", "created_at": "created_at", "status": "status"}, "similarity_score"
)
RECENT = Ordering({"created_at": "created_at"}, "created_at")
SUITABLE = Ordering({"similarity": "place"}, "similarity")
SUITABLE_COLUMNS = (*STRING_COLUMNS, "similarity")
DEFAULT_THRESHOLD = 0.2
NOTHING_TO_COMPARE = "There is nothing to compare strings with yet; these are the most recent ones."
NOTHING_ALIKE = "No string is alike enough; these are the most recent ones."


def _shown(request: Request, ids: tuple[uuid.UUID, ...], include: frozenset[str]) -> list[dict[str, Any]]:
    caller = caller_of(request)
    found = rows.fetch(reads.recommendations_by_id, (ids, caller), RECOMMENDATION_COLUMNS) if ids else []
    found.sort(key=lambda row: ids.index(row[0]))
    return recommendation_shapes(found, caller=caller, include=include)


def _include(request: Request) -> frozenset[str]:
    return listing.names(request, "include", RECOMMENDATION_INCLUDES)


def _one(request: Request, recommendation_id: uuid.UUID, include: frozenset[str]) -> dict[str, Any]:
    shown = _shown(request, (recommendation_id,), include)
    if not shown:
        raise NotFoundError
    return {"data": shown[0]}


@recommendation_docs
class RecommendationViewSet(ApiViewSet):
    """The caller's own recommendations."""

    def list(self, request: Request) -> Response:
        """List them, the most alike first unless told otherwise."""
        caller = caller_of(request)
        include = _include(request)

        def render(page: list[Row]) -> Any:
            return recommendation_shapes(page, caller=caller, include=include)

        status = listing.choice(request, "status", RecommendationStatus.values)
        own = Listing(reads.recommendations, (caller, status), RECOMMENDATIONS, RECOMMENDATION_COLUMNS)
        return Response(paginate(request, own, render))

    def create(self, request: Request) -> Response:
        """Note somebody for oneself."""
        caller, include = caller_of(request), _include(request)
        values = validated(RecommendationCreateSerializer(data=request.data))
        if values.pop("user_id", caller.user_id) != caller.user_id:
            raise ForbiddenError
        other = values.pop("recommended_user_id")
        made = services.recommendation_create(caller=caller, recommended_user_id=other, values=values)
        return Response(_one(request, made, include), status=201)

    def retrieve(self, request: Request, recommendation_id: uuid.UUID) -> Response:
        """Show one, which from then on counts as viewed."""
        include = _include(request)
        services.recommendation_view(caller=caller_of(request), recommendation_id=recommendation_id)
        return Response(_one(request, recommendation_id, include))

    def update(self, request: Request, recommendation_id: uuid.UUID) -> Response:
        """Change the fields given: accept it, dismiss it."""
        include = _include(request)
        values = validated(RecommendationUpdateSerializer(data=request.data))
        services.recommendation_update(caller=caller_of(request), recommendation_id=recommendation_id, values=values)
        return Response(_one(request, recommendation_id, include))

    def destroy(self, request: Request, recommendation_id: uuid.UUID) -> Response:
        """Forget about it."""
        services.recommendation_delete(caller=caller_of(request), recommendation_id=recommendation_id)
        return Response(status=204)

    def generate(self, request: Request) -> Response:
        """Make them anew."""
        caller = caller_of(request)
        limit = validated(GenerateSerializer(data=request.data))["limit"]
        made = services.recommendations_generate(caller=caller, user_id=caller.user_id, limit=limit)
        shown = _shown(request, tuple(made), frozenset(RECOMMENDATION_INCLUDES))
        return Response({"message": _said(len(shown)), "count": len(shown), "data": shown})

    def generate_for(self, request: Request, user: uuid.UUID) -> Response:
        """Make a person's anew."""
        user_id = resolve_user_id(request, user)
        made = services.recommendations_generate(caller=caller_of(request), user_id=user_id, limit=DEFAULT_LIMIT)
        return Response({"message": _said(len(made)), "recommendations_processed": len(made)})


def _said(count: int) -> str:
    return f"Generated {count} recommendation{'' if count == 1 else 's'}."


@recommended_docs
class RecommendedViewSet(ApiViewSet):
    """People and strings that suit the caller."""

    def people(self, request: Request) -> Response:
        """List who is most like the caller."""
        caller = caller_of(request)
        limit = listing.limit(request, default=DEFAULT_LIMIT, most=MAX_LIMIT)
        found = candidates(caller.user_id, limit)
        people = people_by_id(tuple(one.user_id for one in found), caller) if found else {}
        data = [
            {**people[one.user_id], "similarity_score": round(one.score, 4), "reasons": one.reasons}
            for one in found
            if one.user_id in people
        ]
        return Response({"data": data})

    def strings(self, request: Request) -> Response:
        """List strings: those nearest to what the caller is about, or the most recent ones."""
        threshold = _threshold(request)
        exclude_own = listing.flag(request, "exclude_own", default=True)
        # A walk stays in the list it began in, also when there is something to compare by now, or nothing any more.
        if _is_walk_through(request, RECENT):
            return _recent(request, exclude_own, NOTHING_TO_COMPARE)
        check_paging(request, SUITABLE)
        found = suitable(caller_of(request), exclude_own=exclude_own, threshold=threshold)
        if not found and not request.query_params.get("cursor"):
            return _recent(request, exclude_own, NOTHING_TO_COMPARE if found is None else NOTHING_ALIKE)
        caller, include = caller_of(request), listing.names(request, "include", STRING_INCLUDES)

        def render(page: list[Row]) -> Any:
            shapes = string_shapes(page, caller=caller, base=base_url(request), include=include)
            return [{**shape, "similarity": float(row[-1])} for shape, row in zip(shapes, page, strict=True)]

        values = (caller, *(found or NOTHING))
        strings = Listing(reads.suitable_strings, values, SUITABLE, SUITABLE_COLUMNS, annotate=reads.with_place)
        return Response(paginate(request, strings, render))


def _recent(request: Request, exclude_own: bool, message: str) -> Response:  # noqa: FBT001 - as it was asked for
    caller, include = caller_of(request), listing.names(request, "include", STRING_INCLUDES)

    def render(page: list[Row]) -> Any:
        shapes = string_shapes(page, caller=caller, base=base_url(request), include=include)
        return [{**shape, "similarity": None} for shape in shapes]

    recent = Listing(
        reads.recent_strings, (caller, exclude_own), RECENT, STRING_COLUMNS, annotate=string_reads.with_viewer
    )
    return Response({**paginate(request, recent, render), "message": message})


def _is_walk_through(request: Request, ordering: Ordering) -> bool:
    """Whether the cursor, if there is one, leads through the list of this order."""
    if not request.query_params.get("cursor"):
        return False
    try:
        check_paging(request, ordering)
    except ValidationFailedError:
        return False
    return True


def _threshold(request: Request) -> float:
    given = request.query_params.get("similarity_threshold") or str(DEFAULT_THRESHOLD)
    try:
        value = float(given) if given.isascii() and len(given) <= 20 else -1
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise ValidationFailedError({"similarity_threshold": ["This must be a number from 0 to 1."]})
    return value
