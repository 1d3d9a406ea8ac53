"""What the routes of recommendations read, as functions of values alone, so that SQL is kept (lifestring/rows.py)."""

import uuid

from django.db.models import BigIntegerField, DecimalField, QuerySet
from django.db.models.expressions import RawSQL

from accounts.callers import Caller
from accounts.models import UserProfile, UserRecommendation
from accounts.querysets import UserProfileQuerySet
from strings.models import String
from strings.querysets import StringQuerySet

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


def recent_strings(caller: Caller, exclude_own: bool) -> StringQuerySet:  # noqa: FBT001 - a value of a kept query
    """Strings to recommend where there is nothing to compare."""
    found = String.objects.listed_for(caller)
    return found.exclude(user_id=caller.user_id) if exclude_own else found


def suitable_strings(caller: Caller, ids: str, _: str) -> StringQuerySet:
    """The strings that a search found (ai/suitable.py), as far as the caller sees them."""
    return String.objects.listed_for(caller).filter(id__in=RawSQL("SELECT unnest(%s::uuid[])", [ids]))


def with_place(found: StringQuerySet, caller: Caller, ids: str, scores: str) -> StringQuerySet:
    """Add what the caller sees of each string, its `similarity`, and its `place` in the list."""
    return found.for_page(caller).annotate(
        similarity=RawSQL(_SIMILARITY, [scores, ids], DecimalField()),  # noqa: S611 - a constant
        place=RawSQL(_PLACE, [scores, ids], BigIntegerField()),  # noqa: S611 - a constant
    )
