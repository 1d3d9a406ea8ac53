"""Search across strings, people and events (docs/api.md, Search)."""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import Caller, caller_of
from accounts.shapes import USER_COLUMNS, user_shapes
from ai import hybrid, reads
from ai.openapi import search_docs
from ai.query_vectors import query_vector
from ai.texts import event_texts, string_texts, user_texts
from events.shapes import EVENT_COLUMNS, event_shapes
from lifestring import listing, rows, search
from lifestring.errors import ValidationFailedError
from lifestring.links import base_url
from lifestring.views import ApiViewSet
from strings.shapes import STRING_COLUMNS, string_shapes

DEFAULT_LIMIT = 10
MAX_LIMIT = 50


@search_docs
class SearchViewSet(ApiViewSet):
    """One question, asked of everything a person may read."""

    def list(self, request: Request) -> Response:
        """Answer the best matches of each kind, the best first, each with its `score` and a `highlight`."""
        text = listing.text_param(request, "q")
        if not text:
            raise ValidationFailedError({"q": ["Say what to look for."]})
        kind = request.query_params.get("type") or None
        if kind is not None and kind not in hybrid.TYPES:
            raise ValidationFailedError({"type": [f"This must be one of {', '.join(hybrid.TYPES)}."]})
        limit = listing.limit(request, default=DEFAULT_LIMIT, most=MAX_LIMIT)
        types = (kind,) if kind else hybrid.TYPES
        vector = query_vector(text)
        found = hybrid.search(caller_of(request), text, types=types, limit=limit, vector=vector)
        hits = {name: _hits(request, name, [one for one in found if one.type == name]) for name in types}
        passages = iter(search.highlights([hit.texts for own in hits.values() for hit in own], text))
        data = {
            name: [{**hit.shape, "score": hit.score, "highlight": next(passages)} for hit in own]
            for name, own in hits.items()
        }
        return Response({"data": data, "meta": {"query": text, "mode": "hybrid" if vector else "text"}})


class Hit(NamedTuple):
    """Something that was found: its shape, how well it matches, and the texts of it the caller may see."""

    shape: dict[str, Any]
    score: float
    texts: list[str]


class Kind(NamedTuple):
    """How to show a kind of thing that was found: what is read by ids, where the id is in it, its shapes and texts."""

    read: rows.Build
    columns: tuple[Any, ...]
    key: int
    shapes: Callable[[list[rows.Row], Request, Caller], list[Any]]
    texts: Callable[[rows.Row], list[str]]


KINDS = {
    "strings": Kind(
        reads.strings,
        STRING_COLUMNS,
        STRING_COLUMNS.index("id"),
        lambda found, request, caller: string_shapes(found, caller=caller, base=base_url(request)),
        string_texts,
    ),
    "people": Kind(
        reads.people,
        USER_COLUMNS,
        USER_COLUMNS.index("user_id"),
        lambda found, _, caller: user_shapes(found, caller=caller),
        user_texts,
    ),
    "events": Kind(
        reads.events,
        EVENT_COLUMNS,
        EVENT_COLUMNS.index("id"),
        lambda found, request, _: event_shapes(found, base=base_url(request), include=frozenset({"user"})),
        event_texts,
    ),
}


def _hits(request: Request, name: str, found: list[hybrid.Found]) -> list[Hit]:
    """Read and shape what was found of a kind, in its order; what went meanwhile is left out."""
    if not found:
        return []
    kind, caller = KINDS[name], caller_of(request)
    read = {row[kind.key]: row for row in rows.fetch(kind.read, (_ids(found), caller), kind.columns)}
    there = [one for one in found if one.id in read]
    shapes = kind.shapes([read[one.id] for one in there], request, caller)
    return [Hit(shape, one.score, kind.texts(read[one.id])) for shape, one in zip(shapes, there, strict=True)]


def _ids(found: list[hybrid.Found]) -> tuple[uuid.UUID, ...]:
    """The ids, the first one repeated up to a round number: kept SQL is kept by how many there are."""
    ids = tuple(one.id for one in found)
    return ids + ids[:1] * (-len(ids) % DEFAULT_LIMIT)
