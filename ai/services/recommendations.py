"""The life of recommendations: made, seen, accepted or dismissed (docs/api.md, People)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models.functions import Now

from accounts.models import RecommendationStatus, UserProfile, UserRecommendation
from accounts.realtime import user_group
from ai.realtime import recommendation_ready
from ai.similarity import candidates
from lifestring.db import service
from lifestring.dispatch import broadcast_on_commit
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.rendering import dumps

if TYPE_CHECKING:
    from accounts.callers import Caller

# Whoever has gone meanwhile is left out, and whoever is about to go waits: both profiles are locked. All writers take
# the pairs of one person in one order. What the person has decided on stays as it is.
_STORE = """
WITH found AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(scores)s::numeric[], %(contexts)s::jsonb[]) AS t (id, score, context)),
there AS MATERIALIZED (
    SELECT p.user_id FROM public.user_profiles p WHERE p.user_id = ANY (%(ids)s::uuid[]) OR p.user_id = %(user)s
     ORDER BY p.user_id FOR KEY SHARE)
INSERT INTO public.user_recommendations AS r (user_id, recommended_user_id, similarity_score, context)
SELECT %(user)s, found.id, found.score, found.context
  FROM found WHERE found.id IN (SELECT user_id FROM there) AND %(user)s IN (SELECT user_id FROM there)
 ORDER BY found.id
ON CONFLICT (user_id, recommended_user_id) DO UPDATE
   SET similarity_score = EXCLUDED.similarity_score, context = EXCLUDED.context, updated_at = now()
 WHERE r.status IN ('generated', 'viewed')
RETURNING r.recommended_user_id, r.id
"""
# People who found each other, or fell out, are no news any more.
_FORGET = """
DELETE FROM public.user_recommendations r
 WHERE r.user_id = %(user)s AND r.status = 'generated' AND EXISTS (
    SELECT 1 FROM public.user_connections c
     WHERE (c.requester_id = r.user_id AND c.receiver_id = r.recommended_user_id)
        OR (c.receiver_id = r.user_id AND c.requester_id = r.recommended_user_id))
"""


@service
def recommendations_generate(*, caller: Caller, user_id: uuid.UUID, limit: int) -> list[uuid.UUID]:
    """Find whom to recommend to a person, and store it; what the person has dismissed or accepted stays.

    Args:
        caller: the person, or an admin.
        user_id: whom it is for.
        limit: how many people at most.

    Returns:
        The ids of the recommendations made or brought up to date, the most alike first.

    Raises:
        ForbiddenError: it is for somebody else and the caller is no admin.
    """
    if user_id != caller.user_id and not caller.is_admin:
        raise ForbiddenError
    source, found = candidates(user_id, limit)
    contexts = [dumps({"source": source, "shared_interests": one.reasons}).decode() for one in found]
    values: dict[str, Any] = {
        "user": user_id,
        "ids": [one.user_id for one in found],
        "scores": [round(one.score, 4) for one in found],
        "contexts": contexts,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"user": user_id})
        cursor.execute(_STORE, values)
        made = dict(cursor.fetchall())
    broadcast_on_commit(user_group(user_id), recommendation_ready(len(made)))
    return [made[one.user_id] for one in found if one.user_id in made]


@service
def recommendation_create(*, caller: Caller, recommended_user_id: uuid.UUID, values: dict[str, Any]) -> uuid.UUID:
    """Note somebody for oneself, as clients with their own idea of likeness do; returns the row's id.

    Raises:
        ValidationFailedError: there is no such person for the caller, or it is the caller.
        ConflictError: the two are a pair already.
    """
    if recommended_user_id == caller.user_id:
        raise ValidationFailedError({"recommended_user_id": ["You cannot be recommended to yourself."]})
    there = UserProfile.objects.listed_for(caller).select_for_update(of=("self",), no_key=True)
    if there.filter(user_id=recommended_user_id).only("user_id").first() is None:
        raise ValidationFailedError({"recommended_user_id": ["There is no such person."]})
    made = UserRecommendation(user_id=caller.user_id, recommended_user_id=recommended_user_id, **values)
    # What decides between two of them at once is the pair's uniqueness; the loser's row is not written.
    UserRecommendation.objects.bulk_create([made], ignore_conflicts=True)
    if not UserRecommendation.objects.filter(id=made.id).exists():
        raise ConflictError("This person is recommended to you already.")
    return made.id


@service
def recommendation_view(*, caller: Caller, recommendation_id: uuid.UUID) -> None:
    """Note that the person has seen it, once.

    Raises:
        NotFoundError: there is none.
        ForbiddenError: it is somebody else's.
    """
    _check_own(caller, recommendation_id)
    unseen = UserRecommendation.objects.filter(id=recommendation_id, status=RecommendationStatus.GENERATED)
    unseen.update(status=RecommendationStatus.VIEWED, updated_at=Now())


@service
def recommendation_update(*, caller: Caller, recommendation_id: uuid.UUID, values: dict[str, Any]) -> None:
    """Change the columns given.

    Raises:
        NotFoundError, ForbiddenError: as `recommendation_view`.
    """
    _check_own(caller, recommendation_id)
    UserRecommendation.objects.filter(id=recommendation_id).update(**values, updated_at=Now())


@service
def recommendation_delete(*, caller: Caller, recommendation_id: uuid.UUID) -> None:
    """Forget about it; the person may be recommended again.

    Raises:
        NotFoundError, ForbiddenError: as `recommendation_view`.
    """
    _check_own(caller, recommendation_id)
    UserRecommendation.objects.filter(id=recommendation_id).delete()


def _check_own(caller: Caller, recommendation_id: uuid.UUID) -> None:
    pair = UserRecommendation.objects.filter(id=recommendation_id).values_list("user_id", "recommended_user_id").first()
    if pair is None or (pair[0] == caller.user_id and pair[1] in caller.hidden_ids):
        raise NotFoundError
    if pair[0] != caller.user_id:
        raise ForbiddenError
