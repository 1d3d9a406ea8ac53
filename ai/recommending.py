"""Making everybody's recommendations anew: a person at a time, and after a break from where it broke off.

Nothing notes the place but the recommendations themselves: whoever was given some since a moment is passed over.
"""

import logging
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection

from ai import services
from ai.similarity import SOURCES

logger = logging.getLogger(__name__)

PAGE = 20
# More failures on one page are no longer those of single people.
MAX_FAILED = 3

# What a person has looked at since may have been touched by that, and tells nothing. The offset has each person looked up
# by the index: as a join, PostgreSQL would read all that was made so far for every page.
_DUE = """
  FROM public.user_profiles p
 WHERE p.user_id > %(last)s AND NOT EXISTS (
    SELECT 1 FROM public.user_recommendations r
     WHERE r.user_id = p.user_id AND r.status = 'generated' AND r.updated_at >= %(since)s
       AND r.context ->> 'source' = ANY (%(sources)s) OFFSET 0)
"""
NOBODY = uuid.UUID(int=0)


def count_due(since: datetime) -> int:
    """Return how many people were given no recommendations since a moment."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_DUE}", _values(since, NOBODY))
        [count] = cursor.fetchone()
    return int(count)


def pages_due(since: datetime, last: uuid.UUID = NOBODY) -> Iterator[list[uuid.UUID]]:
    """Go through whoever was given none since a moment, in the order of their ids after `last`, a page at a time."""
    while page := _page(since, last):
        yield page
        last = page[-1]


def recommend_to(user_ids: list[uuid.UUID], limit: int) -> list[uuid.UUID]:
    """Make these people's recommendations anew, each in a transaction of their own; returns for whom it failed.

    Raises:
        DatabaseError: for too many; what was made by then stays.
    """
    failed = []
    for user_id in user_ids:
        try:
            services.recommendations_refresh(user_id=user_id, limit=limit)
        except DatabaseError as error:
            failed.append(user_id)
            if len(failed) > MAX_FAILED:
                raise
            logger.warning("no recommendations for %s: %s", user_id, error)
    return failed


def recommend_for_a_while(since: datetime, last: uuid.UUID, *, seconds: float, limit: int) -> uuid.UUID | None:
    """Make recommendations anew for as long as that; returns whom to go on after, None when everybody has theirs.

    Raises:
        DatabaseError: as `recommend_to`.
    """
    started = time.monotonic()
    for page in pages_due(since, last):
        recommend_to(page, limit)
        if time.monotonic() - started >= seconds:
            return page[-1]
    return None


def _page(since: datetime, last: uuid.UUID) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT p.user_id {_DUE} ORDER BY p.user_id LIMIT {PAGE}", _values(since, last))
        return [row[0] for row in cursor.fetchall()]


def _values(since: datetime, last: uuid.UUID) -> dict[str, Any]:
    return {"since": since, "last": last, "sources": [*SOURCES]}
