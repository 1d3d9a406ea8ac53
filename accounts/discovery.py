"""Whom somebody might like to meet: people not yet connected, compared by what both care about (docs/api.md, People)."""

import uuid
from typing import Any, NamedTuple

from django.db import connection

# What somebody named among interests, passions and hobbies, in small letters; whatever else is there counts as nothing.
_TAGS = " || ".join(
    f"jsonb_path_query_array(p.attributes, 'lax $.{key}[*] ? (@.type() == \"string\")', '{{}}', true)"
    for key in ("interests", "passions", "hobbies")
)
# Comparing costs several times what reading a profile does, so it is done for so many at most. MATERIALIZED and
# OFFSET 0 keep PostgreSQL from working out the same tags once for each place they are used in.
MAX_COMPARED = 10_000
_BEST = f"""
WITH me AS MATERIALIZED (
    SELECT ARRAY(SELECT DISTINCT jsonb_array_elements_text(lower(({_TAGS})::text)::jsonb)) AS tags
      FROM public.user_profiles p WHERE p.user_id = %(me)s),
candidates AS MATERIALIZED (
    SELECT p.user_id, p.created_at, p.attributes
      FROM public.user_profiles p
     WHERE p.user_id <> %(me)s AND p.user_id <> ALL(%(hidden)s::uuid[])
       AND NOT EXISTS (SELECT 1 FROM public.user_connections c
                        WHERE c.requester_id = %(me)s AND c.receiver_id = p.user_id)
       AND NOT EXISTS (SELECT 1 FROM public.user_connections c
                        WHERE c.receiver_id = %(me)s AND c.requester_id = p.user_id)
       AND NOT EXISTS (SELECT 1 FROM django.accounts_suspension s
                        WHERE s.user_id = p.user_id AND (s.until IS NULL OR s.until > now()))
       AND (%(location)s = '' OR strpos(lower(p.contact_info ->> 'location'), lower(%(location)s)) > 0)
       AND (%(interests)s::text[] = '{{}}'
            OR lower(({_TAGS})::text)::jsonb ?| ARRAY(SELECT lower(unnest(%(interests)s::text[]))))
     ORDER BY p.updated_at DESC NULLS LAST, p.user_id LIMIT {MAX_COMPARED})
SELECT p.user_id,
       CASE WHEN theirs.tags ?| (SELECT tags FROM me) THEN (
           SELECT round(count(*) FILTER (WHERE tag = ANY((SELECT tags FROM me)::text[]))::numeric
                        / (cardinality((SELECT tags FROM me))
                           + count(*) FILTER (WHERE tag <> ALL((SELECT tags FROM me)::text[]))), 4)::float8
             FROM (SELECT DISTINCT jsonb_array_elements_text(theirs.tags) AS tag) named)
       ELSE 0::float8 END AS score
  FROM candidates p CROSS JOIN LATERAL (SELECT lower(({_TAGS})::text)::jsonb AS tags OFFSET 0) theirs
 ORDER BY score DESC, p.created_at DESC NULLS LAST, p.user_id LIMIT %(limit)s
"""  # noqa: S608 - constants only


class Match(NamedTuple):
    """Somebody, and of all that either of the two named the part that both did: 0 to 1."""

    user_id: uuid.UUID
    score: float


def best_matches(
    user_id: uuid.UUID, *, hidden: frozenset[uuid.UUID], interests: list[str], location: str, limit: int
) -> list[Match]:
    """Return the people somebody shares most with, the best first and then the newest.

    Left out are themself, everybody they have or had a connection with, and who is suspended.

    Args:
        user_id: who is looking.
        hidden: people a block stands between.
        interests: only people who name one of these, whatever its case; empty for everybody.
        location: only people whose location contains this, whatever its case; "" for everybody.
        limit: how many at most.
    """
    values: dict[str, Any] = {
        "me": user_id,
        "hidden": list(hidden),
        "interests": interests,
        "location": location,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEST, values)
        return [Match(*row) for row in cursor.fetchall()]
