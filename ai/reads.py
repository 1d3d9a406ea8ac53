"""What search, recommendations and the assistant read: functions of values alone, whose SQL is kept (lifestring/rows.py)."""

import uuid
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, DecimalField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.callers import Caller
from accounts.models import Suspension, UserProfile, UserRecommendation
from accounts.querysets import UserProfileQuerySet
from ai.models import AssistantAnswer, AssistantTurn
from chat.models import Message, Room, RoomLogEntry
from chat.querysets import RoomQuerySet
from events import reads as event_reads
from events.models import Event
from events.querysets import EventQuerySet
from lifestring.expressions import TextKey
from strings.models import String
from strings.querysets import StringQuerySet

# What `metadata.type` says in the rooms of the assistant.
ROOM_TYPE = "ai_chat"
# A process that has not moved its turns for so long was killed.
STALE_SECONDS = 15
# Likenesses within the same of so many steps count as one, and the newest come first.
STEPS = 20
# A string's likeness as the search found it, and its place in one number: the step, then the microsecond.
_SIMILARITY = '(%s::numeric[])[array_position(%s::uuid[], "strings"."id")]'
_PLACE = f"""floor({_SIMILARITY} * {STEPS})::bigint * 100000000000000000
             + (extract(epoch FROM "strings"."created_at") * 1000000)::bigint"""


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


def room(room_id: uuid.UUID) -> RoomQuerySet:
    """One room, whoever asks."""
    return Room.objects.filter(id=room_id)


def profile(user_id: uuid.UUID) -> UserProfileQuerySet:
    """One person's profile, for themself."""
    return UserProfile.objects.filter(user_id=user_id)


def questions(room_id: uuid.UUID, assistant: uuid.UUID | None) -> QuerySet[Message]:
    """What people said in a room, the last first."""
    found = Message.objects.in_room(room_id).order_by("-created_at", "-id")
    return found.exclude(user_id=assistant) if assistant else found


def answers(message_ids: tuple[uuid.UUID, ...]) -> QuerySet[AssistantAnswer]:
    """What there is to these answers of the assistant."""
    return AssistantAnswer.objects.filter(message_id__in=message_ids)


def place_in_log(room_id: uuid.UUID, message_id: uuid.UUID) -> int | None:
    """The newest number that a room's log has of a message; None where it was trimmed."""
    found = RoomLogEntry.objects.filter(room_id=room_id, subject_id=message_id)
    return found.order_by("-seq").values_list("seq", flat=True).first()


def is_under_way(turn_id: uuid.UUID) -> bool:
    """Whether an answer is being made, by a process that still says so."""
    alive = Now() - timedelta(seconds=STALE_SECONDS)
    return AssistantTurn.objects.filter(id=turn_id, heartbeat_at__gt=alive).exists()


def assistant_rooms(caller: Caller) -> RoomQuerySet:
    """The caller's rooms with the assistant."""
    return Room.objects.with_member(caller.user_id).filter(metadata__type=ROOM_TYPE)


def suspended(user_ids: tuple[uuid.UUID, ...]) -> QuerySet[Suspension]:
    """Who of these is suspended."""
    return Suspension.objects.filter(Q(until=None) | Q(until__gt=Now()), user_id__in=user_ids)


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


def joins(event_ids: tuple[uuid.UUID, ...], caller: Caller) -> EventQuerySet:
    """Those of these events that are joins, as far as lists show them to the caller, in the flat shape."""
    return events(event_ids, caller).joins().as_joins(caller).order_by("start_time", "id")


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


def suitable_strings(caller: Caller, ids: str, _: str) -> StringQuerySet:
    """The strings that a search found (ai/suitable.py), as far as the caller sees them."""
    return String.objects.listed_for(caller).filter(id__in=RawSQL("SELECT unnest(%s::uuid[])", [ids]))


def with_place(found: StringQuerySet, caller: Caller, ids: str, scores: str) -> StringQuerySet:
    """Add what the caller sees of each string, its `similarity`, and its `place` in the list."""
    return found.for_page(caller).annotate(
        similarity=RawSQL(_SIMILARITY, [scores, ids], DecimalField()),  # noqa: S611 - a constant
        place=RawSQL(_PLACE, [scores, ids], BigIntegerField()),  # noqa: S611 - a constant
    )
