"""What search, recommendations and actions read, as functions of values alone, so that SQL is kept (lifestring/rows.py)."""

import uuid
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.callers import Caller
from accounts.models import UserProfile, UserRecommendation
from accounts.querysets import UserProfileQuerySet
from chat.models import Room
from events import reads as event_reads
from events.models import Event
from events.querysets import EventQuerySet
from lifestring.expressions import TextKey
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


def next_events(
    caller: Caller,
    earliest: datetime | None,
    latest: datetime | None,
    upcoming: bool,  # noqa: FBT001 - the filters one by one, as kept SQL needs them
    place: str | None,
    text: str | None,
) -> QuerySet[Event]:
    """Everybody's events, narrowed as those of GET /events are, the next one first."""
    found = event_reads.listed(caller, None, earliest, latest, upcoming, place, text)
    return found.order_by("start_time", "id")


def may_act(room_id: uuid.UUID, caller: Caller) -> bool:
    """Whether the caller is in a room, and has allowed the assistant there to act for them without asking."""
    allowed = Room.objects.with_member(caller.user_id).filter(
        id=room_id, metadata__assistant__may_act__contains=[str(caller.user_id)]
    )
    return allowed.exists()


def rooms_named(caller: Caller, text: str) -> QuerySet[Room]:
    """The caller's rooms with people whose name contains a text, those with something new first."""
    own = Room.objects.with_member(caller.user_id).annotate(kind=TextKey("metadata", "type"))
    found = own.filter(Q(kind=None) | ~Q(kind="ai_chat"), name__icontains=text)
    return found.with_unread_count(caller).order_by("-updated_at", "-id")
