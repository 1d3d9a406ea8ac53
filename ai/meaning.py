"""Who is like whom by what their profiles mean: nearest vectors, without near-copies of each other (docs/api.md, People)."""

import uuid

from ai.aim import AIM, search
from ai.eligibility import ELIGIBLE, Candidate
from ai.interests import shared_words
from lifestring.rows import Row

MEANING = "meaning"
# Of so many times as many as asked for, those that are no copies are taken; of at most so many, where copies abound.
SEVERAL, MOST = 5, 500
# Who is that much like somebody nearer is a copy: they come after everybody else.
COPY = 0.95

_NEAREST = search(
    "user_embeddings_halfvec_idx",
    f"""
WITH {AIM},
pool AS MATERIALIZED (
    SELECT e.user_id FROM public.user_embeddings e JOIN public.user_profiles p ON p.user_id = e.user_id
     WHERE e.model_version = (SELECT model FROM aim) AND {ELIGIBLE}
     ORDER BY """,  # noqa: S608 - constants
    f""" LIMIT %(pool)s),
measured AS MATERIALIZED (
    SELECT e.user_id, l2_normalize(e.embedding) AS vector, e.embedding <=> aim.vector AS distance
      FROM aim, pool JOIN public.user_embeddings e ON e.user_id = pool.user_id),
near AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY distance, user_id) AS place FROM measured WHERE distance <> 'NaN')
SELECT (SELECT count(*) FROM pool), user_id, greatest(0, 1 - distance),
       EXISTS (SELECT FROM near nearer WHERE nearer.place < near.place AND nearer.vector <#> near.vector < -{COPY})
       AS is_copy
  FROM near ORDER BY is_copy, place LIMIT %(limit)s
""",  # noqa: S608 - constants
)


def by_meaning(user_id: uuid.UUID, limit: int) -> list[Candidate]:
    """Return whose profile means most nearly what the person's does, moved by what they like and whom they dismissed.

    Nobody where the person has no vector; and nobody who has none of the same model.
    """
    pool = SEVERAL * limit
    found = _nearest(user_id, limit, pool)
    if found and found[-1][-1] and found[0][0] == pool:
        # Copies fill the list, and there may be others behind them.
        found = _nearest(user_id, limit, MOST)
    words = shared_words(user_id, [row[1] for row in found]) if found else {}
    return [Candidate(other, min(1.0, score), words.get(other, []), MEANING) for _, other, score, _ in found]


def _nearest(user_id: uuid.UUID, limit: int, pool: int) -> list[Row]:
    return _NEAREST.run(user_id, {"limit": limit, "pool": pool}) or []
