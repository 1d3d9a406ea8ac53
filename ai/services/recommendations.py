"""The life of recommendations: made, seen, accepted or dismissed (docs/api.md, People)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models.functions import Now

from accounts.models import RecommendationStatus, UserProfile, UserRecommendation
from accounts.realtime import user_group
from ai.realtime import recommendation_ready
from ai.similarity import SOURCES, candidates
from lifestring.db import service
from lifestring.dispatch import broadcast_on_commit
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.rendering import dumps

if TYPE_CHECKING:
    from accounts.callers import Caller

# Whoever makes a person's recommendations anew waits for whoever is at it.
_TAKE_TURNS = "SELECT pg_advisory_xact_lock(7201948, hashtext(%(user)s::text))"
# Whoever has gone meanwhile is left out, and whoever is about to go waits, before any row of theirs is touched.
_THERE = """
SELECT p.user_id FROM public.user_profiles p WHERE p.user_id = ANY (%(ids)s) OR p.user_id = %(user)s
 ORDER BY p.user_id FOR KEY SHARE
"""
# What nobody looked at goes, where the two know of each other by now, or where it was found by us and is not any more.
_FORGET = """
DELETE FROM public.user_recommendations r
 WHERE r.user_id = %(user)s AND r.status = 'generated' AND (
    r.context ->> 'source' = ANY (%(sources)s) AND r.recommended_user_id <> ALL (%(ids)s::uuid[])
    OR EXISTS (
        SELECT 1 FROM public.user_connections c
         WHERE (c.requester_id = r.user_id AND c.receiver_id = r.recommended_user_id)
            OR (c.receiver_id = r.user_id AND c.requester_id = r.recommended_user_id)))
"""
# All writers take the pairs of one person in one order. What the person has decided on stays as it is.
_STORE = """
INSERT INTO public.user_recommendations AS r (user_id, recommended_user_id, similarity_score, context)
SELECT %(user)s, found.id, found.score, found.context
  FROM unnest(%(ids)s::uuid[], %(scores)s::numeric[], %(contexts)s::jsonb[]) AS found (id, score, context)
 ORDER BY found.id
ON CONFLICT (user_id, recommended_user_id) DO UPDATE
   SET similarity_score = EXCLUDED.similarity_score, context = EXCLUDED.context, updated_at = now()
 WHERE r.status IN ('generated', 'viewed')
RETURNING r.recommended_user_id, r.id, r.created_at = now()
"""


class Made(NamedTuple):
    """What became of a person's recommendations.

    Args:
        ids: of those made or brought up to date, the most alike first.
        has_new: whether somebody is among them who was not recommended before.
    """

    ids: list[uuid.UUID]
    has_new: bool


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
    made = _make(user_id, limit)
    broadcast_on_commit(user_group(user_id), recommendation_ready(len(made.ids)))
    return made.ids


@service
def recommendations_refresh(*, user_id: uuid.UUID, limit: int) -> int:
    """Do the same without being asked to; the person hears of it only where somebody new is among them.

    Args:
        user_id: whom it is for.
        limit: how many people at most.

    Returns:
        How many were made or brought up to date.
    """
    made = _make(user_id, limit)
    if made.has_new:
        broadcast_on_commit(user_group(user_id), recommendation_ready(len(made.ids)))
    return len(made.ids)


def _make(user_id: uuid.UUID, limit: int) -> Made:
    found = candidates(user_id, limit)
    values: dict[str, Any] = {"user": user_id, "ids": [one.user_id for one in found], "sources": [*SOURCES]}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURNS, values)
        cursor.execute(_THERE, values)
        there = {row[0] for row in cursor.fetchall()}
        found = [one for one in found if one.user_id in there and user_id in there]
        values["ids"] = [one.user_id for one in found]
        values["scores"] = [round(one.score, 4) for one in found]
        values["contexts"] = [dumps({"source": one.source, "shared_interests": one.reasons}).decode() for one in found]
        cursor.execute(_FORGET, values)
        cursor.execute(_STORE, values)
        made = {other: (row_id, is_new) for other, row_id, is_new in cursor.fetchall()}
    ids = [made[one.user_id][0] for one in found if one.user_id in made]
    return Made(ids, any(is_new for _, is_new in made.values()))


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
