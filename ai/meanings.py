"""What is near a question in meaning: candidates by vectors, each model's among its own (docs/decisions/010-vectors.md)."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from django.db import connection

from ai.embeddable import EVENTS, PEOPLE, STRINGS, Kind
from ai.models import DIMENSIONS
from ai.query_vectors import Meaning, QueryVector
from lifestring.db import reading

KINDS = {kind.name: kind for kind in (STRINGS, PEOPLE, EVENTS)}
# So many an index keeps in sight while it looks for the nearest, and looks through at most while others are in between.
LEAST_IN_SIGHT, MOST_IN_SIGHT, MAX_SCANNED = 200, 1_000, 20_000
# Where those hidden from the caller leave too few, so many more are looked at.
WIDER = 8

# Which of some indexes are there, whole and able to go on while filters leave too little; if so, they are told how.
_PREPARE = """
SELECT name, set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', %(in_sight)s, true),
       set_config('hnsw.max_scan_tuples', %(scanned)s, true)
  FROM pg_catalog.pg_extension, unnest(%(indexes)s::text[]) AS name
  JOIN pg_catalog.pg_index ON indexrelid = to_regclass(name) AND indisvalid
 WHERE extname = 'vector' AND string_to_array(substring(extversion FROM '^[0-9]+[.][0-9]+'), '.')::int[] >= '{0,8}'
"""


class Shortcut(NamedTuple):
    """An index on vectors, and what it orders them by: how near `e` is to {vector}."""

    name: str
    order: str


# Those on Supabase's tables are optional, and hold half of the precision (docs/decisions/010-vectors.md).
_HALF = f"e.embedding::halfvec({DIMENSIONS}) <=> {{vector}}::halfvec({DIMENSIONS})"
_WHOLE = "e.embedding <=> {vector}"
_EXACT = f"({_WHOLE}) + 0"
SHORTCUTS = {
    "strings": Shortcut("public.string_embeddings_halfvec_idx", _HALF),
    "people": Shortcut("public.user_embeddings_halfvec_idx", _HALF),
    "events": Shortcut("django.nearest_events", _WHOLE),
}


class _Near(NamedTuple):
    """A candidate: whose it is, and its cosine."""

    id: uuid.UUID
    user_id: uuid.UUID
    cosine: float


def nearest(
    types: Iterable[str], vector: QueryVector, *, hidden_ids: Collection[uuid.UUID], most: int
) -> dict[str, list[uuid.UUID]]:
    """Return, by type, what is nearest a question, the nearest first, and nothing that is not near at all.

    Args:
        types: of what: names of `KINDS`.
        vector: what the question means.
        hidden_ids: people whose things are left out, and who are themselves.
        most: at most so many of each type.
    """
    found: dict[str, list[uuid.UUID]] = {name: [] for name in types}
    asked = [(name, meaning) for name in found for meaning, served in vector.meanings if name in served]
    rankings: dict[str, list[list[uuid.UUID]]] = {name: [] for name in found}
    for (name, meaning), near in zip(asked, _read(asked, most), strict=True):
        visible = [one for one in near if one.user_id not in hidden_ids]
        if len(near) == most > len(visible) and near[-1].cosine >= meaning.floor:
            [wider] = _read([(name, meaning)], most * WIDER)
            visible = [one for one in wider if one.user_id not in hidden_ids]
        rankings[name].append([one.id for one in visible if one.cosine >= meaning.floor])
    for name, own in rankings.items():
        found[name] = list(_in_turn(own))[:most]
    return found


def _in_turn(rankings: list[list[uuid.UUID]]) -> Iterator[uuid.UUID]:
    """The first of each, the second of each and so on: cosines of two models say nothing of each other."""
    for ones in zip_longest(*rankings):
        yield from (one for one in ones if one is not None)


def _read(asked: list[tuple[str, Meaning]], most: int) -> list[list[_Near]]:
    """The nearest of each; by an index where there is one, and exactly where that gave up before there were enough."""
    if not asked:
        return []
    settings: dict[str, Any] = {
        "indexes": [SHORTCUTS[name].name for name, _ in asked],
        "in_sight": str(max(LEAST_IN_SIGHT, min(MOST_IN_SIGHT, 2 * most))),
        "scanned": str(MAX_SCANNED),
    }
    with reading(), connection.cursor() as cursor:
        cursor.execute(_PREPARE, settings)
        indexes = {row[0] for row in cursor.fetchall()}
        indexed = [SHORTCUTS[name].name in indexes for name, _ in asked]
        found = _nearest(asked, indexed, most)
        short = [place for place, near in enumerate(found) if indexed[place] and len(near) < most]
        exactly = _nearest([asked[place] for place in short], [False] * len(short), most)
    for place, near in zip(short, exactly, strict=True):
        found[place] = near
    return found


def _nearest(asked: list[tuple[str, Meaning]], by_index: list[bool], most: int) -> list[list[_Near]]:
    """The nearest of each, in one statement."""
    if not asked:
        return []
    parts, values = [], dict[str, Any](most=most)
    for place, ((name, meaning), indexed) in enumerate(zip(asked, by_index, strict=True)):
        parts.append(_part(KINDS[name], place, SHORTCUTS[name].order if indexed else _EXACT))
        values |= {f"vector_{place}": str(meaning.vector), f"model_{place}": meaning.model}
    selects = (f"SELECT {place}, id, user_id, cosine FROM near_{place}" for place in range(len(parts)))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} {' UNION ALL '.join(selects)} ORDER BY 1, 4 DESC, 2", values)
        rows = cursor.fetchall()
    return [[_Near(*row[1:]) for row in rows if row[0] == place] for place in range(len(parts))]


def _part(kind: Kind, place: int, order: str) -> str:
    """The nearest of a kind, in the one shape an index serves, measured anew as precisely as they are."""
    vector = f"(SELECT vector FROM asked_{place})"  # noqa: S608 - a number
    return f"""
asked_{place} AS MATERIALIZED (SELECT %(vector_{place})s::vector AS vector),
nearest_{place} AS MATERIALIZED (
    SELECT e.{kind.owner} AS id FROM {kind.table} e WHERE e.model_version = %(model_{place})s
     ORDER BY {order.format(vector=vector)} LIMIT %(most)s),
near_{place} AS (
    SELECT t.{kind.key} AS id, t.user_id, 1 - (e.embedding <=> {vector}) AS cosine
      FROM nearest_{place} n JOIN {kind.source} t ON t.{kind.key} = n.id JOIN {kind.table} e ON e.{kind.owner} = n.id)"""  # noqa: S608
