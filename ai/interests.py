"""Who is like whom by what they say they care about, counted by the database."""

import uuid

from django.db import connection

from ai.eligibility import ELIGIBLE, Candidate

INTERESTS = "interests"
# So many profiles are compared, those changed last, and so much of each: others write these columns too.
MAX_COMPARED = 10_000
MAX_WORDS = 100
MAX_LENGTH = 100
# What a shared enneagram type counts for; the rest is the cosine of the two sets of words.
OF_TYPE = 0.1

# A word is shared whatever its case, and whichever of the four lists it is in.
_WORDS = f"""
SELECT lower(btrim(told)) AS word, min(btrim(told)) AS told
  FROM (SELECT told FROM unnest(ARRAY['interests', 'passions', 'hobbies', 'skills']) AS list (name),
               jsonb_array_elements(CASE jsonb_typeof(p.attributes -> name) WHEN 'array' THEN p.attributes -> name
                                    ELSE '[]' END) AS item (value),
               LATERAL (SELECT item.value #>> '{{}}' AS told) AS text
         WHERE jsonb_typeof(item.value) = 'string' AND length(told) <= {MAX_LENGTH} AND btrim(told) <> ''
         LIMIT {MAX_WORDS}) AS listed
 GROUP BY 1
"""  # noqa: S608 - constants
_MINE = f"""
mine AS MATERIALIZED (
    SELECT coalesce(array_agg(word), '{{}}') AS words
      FROM public.user_profiles p, LATERAL ({_WORDS}) AS words WHERE p.user_id = %(user)s)"""  # noqa: S608 - constants
_LIKE_ME = f"""
WITH {_MINE},
types AS MATERIALIZED (SELECT enneagram_id FROM public.user_enneagrams WHERE user_id = %(user)s),
compared AS MATERIALIZED (
    SELECT p.user_id, p.attributes, p.updated_at FROM public.user_profiles p WHERE {ELIGIBLE}
     ORDER BY p.updated_at DESC NULLS LAST, p.user_id LIMIT {MAX_COMPARED})
SELECT p.user_id,
       coalesce((1 - {OF_TYPE}) * shared.count / sqrt(shared.total * nullif(cardinality(mine.words), 0)::float), 0)
       + CASE WHEN EXISTS (SELECT 1 FROM public.user_enneagrams e
                            WHERE e.user_id = p.user_id AND e.enneagram_id IN (SELECT enneagram_id FROM types))
              THEN {OF_TYPE} ELSE 0 END AS score,
       shared.told
  FROM mine, compared p, LATERAL (
    SELECT count(*) FILTER (WHERE word = ANY (mine.words)) AS count, nullif(count(*), 0) AS total,
           coalesce(array_agg(told ORDER BY word) FILTER (WHERE word = ANY (mine.words)), '{{}}') AS told
      FROM ({_WORDS}) AS words) AS shared
 ORDER BY score DESC, p.updated_at DESC NULLS LAST, p.user_id
 LIMIT %(limit)s
"""  # noqa: S608 - constants
_SHARED = f"""
WITH {_MINE}
SELECT p.user_id, array_agg(words.told ORDER BY words.word)
  FROM mine, public.user_profiles p, LATERAL ({_WORDS}) AS words
 WHERE p.user_id = ANY (%(others)s) AND words.word = ANY (mine.words) GROUP BY p.user_id
"""  # noqa: S608 - constants


def by_interests(user_id: uuid.UUID, limit: int) -> list[Candidate]:
    """Return who shares most interests, passions, hobbies, skills and types, the newest profiles first among equals.

    Where nobody shares anything these are simply the newest.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIKE_ME, {"user": user_id, "limit": limit})
        return [Candidate(found, min(1.0, score), told, INTERESTS) for found, score, told in cursor.fetchall()]


def shared_words(user_id: uuid.UUID, others: list[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Return what a person and each of these others both care about, as the others wrote it; who shares none is out."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, {"user": user_id, "others": others})
        return dict(cursor.fetchall())
