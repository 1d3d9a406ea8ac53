"""Search by words and by meaning at once: two rankings made one (docs/decisions/019-hybrid-search.md)."""

import uuid
from collections.abc import Collection
from typing import NamedTuple

from accounts import reads as people_reads
from accounts.callers import Caller
from ai import meanings
from ai.query_vectors import QueryVector
from events import reads as event_reads
from lifestring import rows
from strings import reads as string_reads

TYPES = ("strings", "people", "events")
# So many of each ranking take part, whatever the limit: a smaller limit only cuts.
DEPTH = 100
# Of reciprocal rank fusion; the larger, the less the first places count for.
K = 60


class Found(NamedTuple):
    """Something that was found.

    Args:
        type: one of `TYPES`.
        id: the string's or event's id, the person's `user_id`.
        score: from 0 to 1, which is for what comes first by words and by meaning.
    """

    type: str
    id: uuid.UUID
    score: float


def search(
    caller: Caller, text: str, *, types: Collection[str] = TYPES, limit: int, vector: QueryVector | None = None
) -> list[Found]:
    """Return what answers a question, as far as the caller may see it now, the best first.

    Args:
        caller: who asks.
        text: the question.
        types: which of `TYPES` to look through.
        limit: at most so many of each type.
        vector: what the question means (ai/query_vectors.py); without it the words alone decide.
    """
    wanted = [name for name in TYPES if name in types]
    near = meanings.nearest(wanted, vector, hidden_ids=caller.hidden_ids, most=DEPTH) if vector else {}
    found = []
    for name in wanted:
        rankings = [_by_words(name, caller, text), *([near[name]] if name in meanings.KINDS and vector else [])]
        found += [Found(name, one, score) for one, score in fused(*rankings)[:limit]]
    return sorted(found, key=lambda one: -one.score)


def fused(*rankings: list[uuid.UUID]) -> list[tuple[uuid.UUID, float]]:
    """Make one ranking of several by reciprocal ranks, with what each comes to of the most there can be."""
    scores: dict[uuid.UUID, float] = {}
    for ranking in rankings:
        for place, one in enumerate(ranking, 1):
            scores[one] = scores.get(one, 0.0) + (K + 1) / (K + place) / len(rankings)
    return sorted(scores.items(), key=lambda item: -item[1])


def _by_words(name: str, caller: Caller, text: str) -> list[uuid.UUID]:
    if name == "strings":
        among = string_reads.ranked_of_many(caller, text)
        found = rows.fetch(string_reads.best, (caller, text, among), ("id",), limit=DEPTH)
    elif name == "people":
        found = rows.fetch(people_reads.best, (caller, text), ("user_id",), limit=DEPTH)
    else:
        found = rows.fetch(event_reads.best, (caller, text), ("id",), limit=DEPTH)
    return [row[0] for row in found]
