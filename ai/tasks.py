"""Jobs about meaning and money: arguments are ids and moments, each may run twice (docs/decisions/018-embeddings.md)."""

import logging
import random
import time
import uuid
from datetime import UTC, datetime

import dramatiq
from django.conf import settings
from dramatiq.errors import Retry
from dramatiq_crontab import cron

from ai.claims import LEASE_SECONDS
from ai.clients.errors import ModelError, ModelRateLimitedError
from ai.embeddable import EVENTS, KINDS, PEOPLE, STRINGS, Kind, count_suspect
from ai.embedding import embed_ids, embeddings_sweep
from ai.metrics import keep_stale
from ai.recommending import NOBODY, recommend_for_a_while
from ai.serializers import DEFAULT_LIMIT
from ai.services import (
    answers_orphans_sweep,
    event_embeddings_sweep,
    turns_sweep,
    usage_orphans_sweep,
    usage_sweep,
    usage_trim,
)
from lifestring.dispatch import enqueue_on_commit

logger = logging.getLogger(__name__)

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
# Spread over this much more, so that what was refused together does not come back together.
JITTER = 0.5
# A piece of the nightly round; other jobs get their turn between two.
PIECE_SECONDS = 60.0


@dramatiq.actor(actor_name="ai.embed_string", queue_name="embeddings", max_retries=6, time_limit=5 * MINUTE_MS)
def embed_string(*string_ids: str) -> None:
    """Embed strings; what the retries do not reach is left to the sweep."""
    _embed(STRINGS, string_ids)


@dramatiq.actor(actor_name="ai.embed_user", queue_name="embeddings", max_retries=6, time_limit=5 * MINUTE_MS)
def embed_user(*user_ids: str) -> None:
    """Embed people; what the retries do not reach is left to the sweep."""
    _embed(PEOPLE, user_ids)


@dramatiq.actor(actor_name="ai.embed_event", queue_name="embeddings", max_retries=6, time_limit=5 * MINUTE_MS)
def embed_event(*event_ids: str) -> None:
    """Embed events; what the retries do not reach is left to the sweep."""
    _embed(EVENTS, event_ids)


@cron("*/10 * * * *")
@dramatiq.actor(actor_name="ai.sweep_embeddings", queue_name="embeddings", max_retries=0, time_limit=10 * MINUTE_MS)
def sweep_embeddings() -> None:
    """Embed what is missing or outdated, and forget what events meant that are gone."""
    event_embeddings_sweep()
    if not settings.EMBEDDINGS:
        return
    try:
        outcome = embeddings_sweep()
    except ModelError as error:
        logger.warning("embeddings are left to the next sweep: %s", error)
    else:
        if outcome.embedded:
            logger.info("the sweep embedded %d texts", outcome.embedded)
    keep_stale({kind.name: count_suspect(kind) for kind in KINDS})


@cron("*/5 * * * *")
@dramatiq.actor(actor_name="ai.sweep_usage", queue_name="usage", max_retries=0, time_limit=5 * MINUTE_MS)
def sweep_usage() -> None:
    """Settle turns that a killed process left."""
    while lost := usage_sweep():
        logger.warning("%d answers were lost with their process, and count as what was reserved for them", lost)


@cron("53 * * * *")
@dramatiq.actor(actor_name="ai.trim_usage", queue_name="usage", max_retries=3, time_limit=30 * MINUTE_MS)
def trim_usage() -> None:
    """Forget people and rooms that are gone, and remove what is too old."""
    usage_orphans_sweep()
    while usage_trim():
        pass


@cron("23 * * * *")
@dramatiq.actor(actor_name="ai.sweep_assistant", queue_name="usage", max_retries=3, time_limit=5 * MINUTE_MS)
def sweep_assistant() -> None:
    """Forget turns of killed processes, and what belongs to answers and people that were deleted."""
    while turns_sweep():
        pass
    while answers_orphans_sweep():
        pass


@cron("23 3 * * *")
@dramatiq.actor(actor_name="ai.recommend_all", queue_name="recommendations", max_retries=3, time_limit=5 * MINUTE_MS)
def recommend_all() -> None:
    """Begin the nightly round that makes everybody's recommendations anew."""
    enqueue_on_commit("ai.recommend_some", int(time.time()), str(NOBODY))


@dramatiq.actor(actor_name="ai.recommend_some", queue_name="recommendations", max_retries=3, time_limit=10 * MINUTE_MS)
def recommend_some(since: int, last: str) -> None:
    """Do a piece of a round that began at a Unix time, after whom the piece before ended with, and send the next."""
    began = datetime.fromtimestamp(since, UTC)
    place = recommend_for_a_while(began, uuid.UUID(last), seconds=PIECE_SECONDS, limit=DEFAULT_LIMIT)
    if place is not None:
        enqueue_on_commit("ai.recommend_some", since, str(place))


def _embed(kind: Kind, ids: tuple[str, ...]) -> None:
    if not settings.EMBEDDINGS:
        return
    try:
        outcome = embed_ids(kind, [uuid.UUID(one) for one in ids])
    except ModelRateLimitedError as error:
        raise Retry(str(error), delay=_spread(error.retry_after)) from error
    except ModelError as error:
        # As a retry it is told once, and not with a trace each time.
        logger.warning("%s wait for their embeddings: %s", kind.name, error)
        raise Retry(str(error)) from error
    if outcome.left:
        raise Retry("somebody else is embedding them", delay=LEASE_SECONDS * SECOND_MS)


def _spread(seconds: float | None) -> int | None:
    """The pause asked for in milliseconds and something on top, None where the usual, growing ones will do."""
    return None if seconds is None else round(seconds * SECOND_MS * (1 + JITTER * random.random())) + 1  # noqa: S311
