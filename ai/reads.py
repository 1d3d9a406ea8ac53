"""What search and recommendations read, as functions of values alone, so that SQL is kept (lifestring/rows.py)."""

import uuid

from django.db.models import QuerySet

from accounts.callers import Caller
from accounts.models import UserProfile, UserRecommendation
from accounts.querysets import UserProfileQuerySet
from events.models import Event
from events.querysets import EventQuerySet
from strings.models import String
from strings.querysets import StringQuerySet


def recommendations(caller: Caller, status: str | None) -> QuerySet[UserRecommendation]:
    """Who is recommended to the caller, without people a block stands between."""
    found = UserRecommendation.objects.filter(user_id=caller.user_id)
    if caller.hidden_ids:
        found = found.exclude(recommended_user_id__in=caller.hidden_ids)
    return found.filter(status=status) if status else found


def recommendations_by_id(ids: tuple[uuid.UUID, ...], caller: Caller) -> QuerySet[UserRecommendation]:
    """These recommendations, as far as they are the caller's."""
    return recommendations(caller, None).filter(id__in=ids)


def people(user_ids: tuple[uuid.UUID, ...], caller: Caller) -> UserProfileQuerySet:
    """These people, as far as the caller may find them."""
    return UserProfile.objects.listed_for(caller).filter(user_id__in=user_ids).shown_to(caller)


def strings(ids: tuple[uuid.UUID, ...], caller: Caller) -> StringQuerySet:
    """These strings, as far as lists show them to the caller."""
    return String.objects.listed_for(caller).filter(id__in=ids).for_page(caller)


def events(ids: tuple[uuid.UUID, ...], caller: Caller) -> EventQuerySet:
    """These events, as far as lists show them to the caller."""
    return Event.objects.listed_for(caller).filter(id__in=ids)


def recent_strings(caller: Caller, exclude_own: bool) -> StringQuerySet:  # noqa: FBT001 - a value of a kept query
    """Strings to recommend where there is nothing to compare."""
    found = String.objects.listed_for(caller)
    return found.exclude(user_id=caller.user_id) if exclude_own else found
