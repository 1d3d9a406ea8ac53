"""The routes of people (docs/api.md, People)."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import reads, services
from accounts.callers import caller_of
from accounts.models import UserProfile
from accounts.openapi import enneagram_docs, me_docs, user_docs
from accounts.serializers import EnneagramIdsSerializer, ProfileCreateSerializer, ProfileWriteSerializer
from accounts.shapes import (
    CHOICE_COLUMNS,
    ENNEAGRAM_COLUMNS,
    USER_COLUMNS,
    USER_INCLUDES,
    enneagram_shape,
    user_shape_for,
    user_shapes,
)
from lifestring import listing
from lifestring.errors import ForbiddenError, NotFoundError
from lifestring.listing import Ordering
from lifestring.pagination import Listing, check_paging, paginate
from lifestring.rows import Row
from lifestring.views import ApiViewSet, validated

USERS = Ordering(
    {"created_at": "created_at", "updated_at": "updated_at"},
    "created_at",
    nullable=frozenset({"created_at", "updated_at"}),
)

TYPES = Ordering({"type_number": "type_number"}, "type_number", descending=False)
CHOSEN_TYPES = Ordering(
    {"type_number": "enneagram__type_number"}, "type_number", descending=False, tiebreak="enneagram_id"
)


def _shown(request: Request, user_id: uuid.UUID) -> Response:
    include = listing.names(request, "include", USER_INCLUDES)
    shape = user_shape_for(user_id, caller=caller_of(request), include=include)
    if shape is None:
        raise NotFoundError
    return Response({"data": shape})


def resolve_user_id(request: Request, given: uuid.UUID) -> uuid.UUID:
    """Return the user id behind a path's id, which may be the profile's own.

    Raises:
        NotFoundError: there is no such person for the caller.
    """
    visible = UserProfile.objects.visible_to(caller_of(request))
    found = visible.known_as(given).values_list("user_id", flat=True).first()
    if found is None:
        raise NotFoundError
    return found


@me_docs
class MeViewSet(ApiViewSet):
    """The caller's own profile."""

    def retrieve(self, request: Request) -> Response:
        """Show it."""
        return _shown(request, caller_of(request).user_id)

    def replace(self, request: Request) -> Response:
        """Replace the JSON columns given."""
        caller = caller_of(request)
        values = validated(ProfileWriteSerializer(data=request.data))
        services.profile_replace(caller=caller, user_id=caller.user_id, values=values)
        return _shown(request, caller.user_id)

    def merge(self, request: Request) -> Response:
        """Merge into the JSON columns given (RFC 7396)."""
        caller = caller_of(request)
        values = validated(ProfileWriteSerializer(data=request.data))
        services.profile_merge(caller=caller, user_id=caller.user_id, values=values)
        return _shown(request, caller.user_id)

    def erase(self, request: Request) -> Response:
        """Erase the account."""
        caller = caller_of(request)
        services.user_erase(caller=caller, user_id=caller.user_id)
        return Response(status=204)


@user_docs
class UserViewSet(ApiViewSet):
    """People."""

    def list(self, request: Request) -> Response:
        """List people, the newest first unless told otherwise."""
        caller = caller_of(request)
        include = listing.names(request, "include", USER_INCLUDES)
        text = listing.text_param(request, "search") or None

        def render(page: list[Row]) -> Any:
            return user_shapes(page, caller=caller, include=include)

        found = Listing(
            reads.people,
            (caller, text),
            USERS,
            USER_COLUMNS,
            annotate=reads.as_seen,
            everything=reads.everybody if text else None,
        )
        return Response(paginate(request, found, render))

    def create(self, request: Request) -> Response:
        """Make a profile for an account that has none; admins only."""
        caller = caller_of(request)
        if not caller.is_admin:
            raise ForbiddenError
        values = validated(ProfileCreateSerializer(data=request.data))
        user_id = values.pop("user_id")
        services.profile_create(caller=caller, user_id=user_id, values=values)
        return Response(_shown(request, user_id).data, status=201)

    def retrieve(self, request: Request, user: uuid.UUID) -> Response:
        """Show a person as the caller may see them."""
        return _shown(request, user)

    def replace(self, request: Request, user: uuid.UUID) -> Response:
        """Replace the JSON columns given."""
        user_id = resolve_user_id(request, user)
        values = validated(ProfileWriteSerializer(data=request.data))
        services.profile_replace(caller=caller_of(request), user_id=user_id, values=values)
        return _shown(request, user_id)

    def merge(self, request: Request, user: uuid.UUID) -> Response:
        """Merge into the JSON columns given (RFC 7396)."""
        user_id = resolve_user_id(request, user)
        values = validated(ProfileWriteSerializer(data=request.data))
        services.profile_merge(caller=caller_of(request), user_id=user_id, values=values)
        return _shown(request, user_id)

    def erase(self, request: Request, user: uuid.UUID) -> Response:
        """Erase a person."""
        services.user_erase(caller=caller_of(request), user_id=resolve_user_id(request, user))
        return Response(status=204)


@enneagram_docs
class UserEnneagramViewSet(ApiViewSet):
    """A person's enneagram types."""

    def list(self, request: Request, user: uuid.UUID) -> Response:
        """List them by type number."""
        return self._listed(request, resolve_user_id(request, user))

    def replace(self, request: Request, user: uuid.UUID) -> Response:
        """Make exactly these the person's types."""
        user_id = resolve_user_id(request, user)
        ids = validated(EnneagramIdsSerializer(data=request.data))["enneagram_ids"]
        check_paging(request, CHOSEN_TYPES)
        services.enneagrams_set(caller=caller_of(request), user_id=user_id, enneagram_ids=ids)
        return self._listed(request, user_id)

    def remove(self, request: Request, user: uuid.UUID) -> Response:
        """Take these types away."""
        user_id = resolve_user_id(request, user)
        ids = validated(EnneagramIdsSerializer(data=request.data))["enneagram_ids"]
        services.enneagrams_remove(caller=caller_of(request), user_id=user_id, enneagram_ids=ids)
        return Response(status=204)

    def types(self, request: Request) -> Response:
        """List the nine types there are to choose from."""

        def render(page: list[Row]) -> Any:
            return [enneagram_shape(row) for row in page]

        return Response(paginate(request, Listing(reads.all_enneagrams, (), TYPES, ENNEAGRAM_COLUMNS), render))

    def _listed(self, request: Request, user_id: uuid.UUID) -> Response:
        def render(page: list[Row]) -> Any:
            return [enneagram_shape(row[1:]) for row in page]

        chosen = Listing(reads.chosen_enneagrams, ((user_id,),), CHOSEN_TYPES, CHOICE_COLUMNS)
        return Response(paginate(request, chosen, render))
