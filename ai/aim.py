"""Where a person stands among vectors, and what is nearest to that; all of it in SQL (docs/decisions/010-vectors.md).

No vector comes to Python, and vectors of different models never meet.
"""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection

from ai.models import DIMENSIONS
from lifestring.db import reading
from lifestring.rows import Row

# Of what a person likes, and of whom they dismissed, so many count, the newest.
REMEMBERED = 50
# How far the mean of the strings one likes draws, and that of the people one dismissed drives away.
LIKED, DISMISSED = 0.3, 0.2
# So many the index keeps in sight while it looks for the nearest: as many as are wanted, within these bounds. From there
# it goes on until enough of them pass the filters, through so many at most.
LEAST_IN_SIGHT, MOST_IN_SIGHT = 200, 1_000
MAX_SCANNED = 20_000


def _times(factor: float, vector: str) -> str:
    return f"array_fill({factor}::real, ARRAY[{DIMENSIONS}])::vector * {vector}"


# `aim`, for %(user)s: one row of `model` and `vector`, none for those who have no vector.
AIM = f"""
me AS MATERIALIZED (
    SELECT model_version AS model, l2_normalize(embedding) AS vector FROM public.user_embeddings
     WHERE user_id = %(user)s AND vector_norm(embedding) > 0),
liked AS MATERIALIZED (
    SELECT avg(l2_normalize(e.embedding)) AS vector
      FROM (SELECT string_id FROM public.string_likes WHERE user_id = %(user)s
             ORDER BY created_at DESC, string_id LIMIT {REMEMBERED}) l
      JOIN public.string_embeddings e ON e.string_id = l.string_id
     WHERE e.model_version = (SELECT model FROM me)),
dismissed AS MATERIALIZED (
    SELECT avg(l2_normalize(e.embedding)) AS vector
      FROM (SELECT recommended_user_id FROM public.user_recommendations WHERE user_id = %(user)s AND status = 'dismissed'
             ORDER BY updated_at DESC, recommended_user_id LIMIT {REMEMBERED}) d
      JOIN public.user_embeddings e ON e.user_id = d.recommended_user_id
     WHERE e.model_version = (SELECT model FROM me)),
aim AS MATERIALIZED (
    SELECT me.model, me.vector + coalesce({_times(LIKED, "liked.vector")}, me.vector - me.vector)
                     - coalesce({_times(DISMISSED, "dismissed.vector")}, me.vector - me.vector) AS vector
      FROM me, liked, dismissed)"""  # noqa: S608 - constants
# How near a vector `e` is: as the index orders them, and by looking at each, which no index of whatever kind may shorten.
_BY_INDEX = f"e.embedding::halfvec({DIMENSIONS}) <=> (SELECT vector FROM aim)::halfvec({DIMENSIONS})"  # noqa: S608
_EXACT = "(e.embedding <=> (SELECT vector FROM aim)) + 0"

# Whether the person has a vector, and whether the index is there, whole, and can go on; if so, it is told how.
_PREPARE = """
WITH pgvector AS (
    SELECT string_to_array(substring(extversion FROM '^[0-9]+(?:[.][0-9]+)*'), '.')::int[] AS version
      FROM pg_catalog.pg_extension WHERE extname = 'vector')
SELECT EXISTS (SELECT FROM public.user_embeddings WHERE user_id = %(user)s AND vector_norm(embedding) > 0)
       AND (SELECT version >= '{0,7}' FROM pgvector),
       (SELECT set_config('hnsw.iterative_scan', 'strict_order', true) || set_config('hnsw.ef_search', %(ef)s, true)
               || set_config('hnsw.max_scan_tuples', %(most)s, true)
          FROM pg_catalog.pg_index, pgvector
         WHERE indexrelid = to_regclass(%(index)s) AND indisvalid AND version >= '{0,8}') IS NOT NULL
"""


class Search(NamedTuple):
    """A search for what is nearest to a person's aim.

    Args:
        shortcut: the optional index that shortens it (deploy/sql/indexes.sql).
        by_index: the statement that follows the index; its rows begin with how many were near, before anything thins them
            out, which is %(pool)s where there are enough.
        exact: the same, looking at every vector.
    """

    shortcut: str
    by_index: str
    exact: str

    def run(self, user_id: uuid.UUID, values: Mapping[str, Any]) -> list[Row] | None:
        """Return the rows; None where the person has no vector.

        Args:
            user_id: whose aim it is.
            values: of the statement, `pool` among them.
        """
        values = {**values, "user": user_id}
        settings: dict[str, Any] = {
            "user": user_id,
            "index": self.shortcut,
            "ef": str(max(LEAST_IN_SIGHT, min(MOST_IN_SIGHT, values["pool"]))),
            "most": str(MAX_SCANNED),
        }
        with reading(), connection.cursor() as cursor:
            cursor.execute(_PREPARE, settings)
            has_aim, is_indexed = cursor.fetchone()
            if not has_aim:
                return None
            found: list[Row]
            if is_indexed:
                cursor.execute(self.by_index, values)
                found = cursor.fetchall()
                # Fewer means that the index gave up, or that there are no more: only looking at each can tell.
                if found and found[0][0] == values["pool"]:
                    return found
            cursor.execute(self.exact, values)
            found = cursor.fetchall()
            return found


def search(index: str, head: str, tail: str) -> Search:
    """Return a search, made of a statement's text before and after what its vectors `e` are ordered by."""
    return Search(f"public.{index}", f"{head}{_BY_INDEX}{tail}", f"{head}{_EXACT}{tail}")
