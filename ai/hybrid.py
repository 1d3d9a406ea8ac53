"""Search by words and by meaning at once: two rankings made one (docs/decisions/025-hybrid-search.md)."""

import uuid
from collections.abc import Collection
from typing import NamedTuple

from accounts import reads as people_reads
from accounts.callers import Caller
from ai import meanings
from ai.query_vectors import QueryVector
from events import reads as event_reads
from strings import reads as string_reads

_BY_WORDS = {"strings": string_reads.best, "people": people_reads.best, "events": event_reads.best}
TYPES = tuple(_BY_WORDS)
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
        rankings = [_BY_WORDS[name](caller, text)[:DEPTH], *([near[name]] if vector and vector.serves([name]) else [])]
        found += [Found(name, one, score) for one, score in fused(*rankings)[:limit]]
    return sorted(found, key=lambda one: -one.score)


def fused(*rankings: list[uuid.UUID]) -> list[tuple[uuid.UUID, float]]:
    """Make one ranking of several by reciprocal ranks, with what each comes to of the most there can be."""
    scores: dict[uuid.UUID, float] = {}
    for ranking in rankings:
        for place, one in enumerate(ranking, 1):
            scores[one] = scores.get(one, 0.0) + (K + 1) / (K + place) / len(rankings)
    return sorted(scores.items(), key=lambda item: -item[1])
