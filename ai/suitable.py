"""Which strings suit a person: those whose meaning is nearest to what the person is about (docs/api.md, Strings)."""

from typing import NamedTuple

from accounts.callers import Caller
from ai.aim import AIM, search

# So many at most are listed.
MOST = 200

_NEAREST = search(
    "string_embeddings_halfvec_idx",
    f"""
WITH {AIM},
pool AS MATERIALIZED (
    SELECT e.string_id FROM public.string_embeddings e JOIN public.strings s ON s.id = e.string_id
     WHERE e.model_version = (SELECT model FROM aim) AND s.user_id <> ALL (%(without)s::uuid[])
     ORDER BY """,  # noqa: S608 - constants
    """ LIMIT %(pool)s),
near AS MATERIALIZED (
    SELECT e.string_id, round((1 - (e.embedding <=> aim.vector))::numeric, 4) AS similarity
      FROM aim, pool JOIN public.string_embeddings e ON e.string_id = pool.string_id)
SELECT (SELECT count(*) FROM pool),
       coalesce(array_agg(string_id), '{}')::text, coalesce(array_agg(similarity), '{}')::text
  FROM near WHERE similarity >= %(threshold)s AND similarity <> 'NaN'
""",
)


class Suitable(NamedTuple):
    """What was found: the ids, and how alike each is to 4 decimals, as PostgreSQL writes arrays.

    Args:
        ids: `{}` where nothing is alike enough.
        scores: in the order of the ids.
    """

    ids: str
    scores: str

    def __bool__(self) -> bool:
        return self.ids != "{}"


NOTHING = Suitable("{}", "{}")


def suitable(caller: Caller, *, exclude_own: bool, threshold: float) -> Suitable | None:
    """Return the strings nearest to the caller; None where the caller has no vector.

    Args:
        caller: for whom.
        exclude_own: leave out what they wrote themself.
        threshold: the least likeness.
    """
    without = list(caller.hidden_ids | ({caller.user_id} if exclude_own else set()))
    found = _NEAREST.run(caller.user_id, {"without": without, "threshold": threshold, "pool": MOST})
    return None if found is None else Suitable(*found[0][1:])
