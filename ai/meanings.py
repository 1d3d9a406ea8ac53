"""What is near a question in meaning: candidates by vectors, each model's among its own (docs/decisions/010-vectors.md)."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from django.db import connection

from ai.embeddable import PEOPLE, STRINGS, Kind
from ai.query_vectors import Meaning, QueryVector
from lifestring.db import vector_scan

KINDS = {"strings": STRINGS, "people": PEOPLE}
# Where those hidden from the caller leave too few, so many more are looked at.
WIDER = 8


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
        types: of what; those without vectors come back empty.
        vector: what the question means.
        hidden_ids: people whose things are left out, and who are themselves.
        most: at most so many of each type.
    """
    found: dict[str, list[uuid.UUID]] = {name: [] for name in types}
    asked = [(name, meaning) for name in found if name in KINDS for meaning in vector.meanings]
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
    """The nearest of each, in one query."""
    if not asked:
        return []
    parts, selects, values = [], [], dict[str, Any](most=most)
    for place, (name, meaning) in enumerate(asked):
        part = _part(KINDS[name], place)
        parts.append(part)
        selects.append(f"SELECT {place}, id, user_id, cosine FROM near_{place}")  # noqa: S608 - a number
        values |= {f"vector_{place}": str(meaning.vector), f"model_{place}": meaning.model}
    sql = f"WITH {', '.join(parts)} {' UNION ALL '.join(selects)} ORDER BY 1, 4 DESC, 2"
    with vector_scan(most), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return [[_Near(*row[1:]) for row in rows if row[0] == place] for place in range(len(asked))]


def _part(kind: Kind, place: int) -> str:
    """The nearest of a kind, in the one shape an index on the vectors serves; without one it is exact."""
    return f"""
nearest_{place} AS MATERIALIZED (
    SELECT e.{kind.owner} AS id, e.embedding <=> %(vector_{place})s::vector AS distance FROM {kind.table} e
     WHERE e.model_version = %(model_{place})s ORDER BY e.embedding <=> %(vector_{place})s::vector LIMIT %(most)s),
near_{place} AS (
    SELECT t.{kind.key} AS id, t.user_id, 1 - distance AS cosine
      FROM nearest_{place} n JOIN {kind.source} t ON t.{kind.key} = n.id)"""  # noqa: S608 - constants
