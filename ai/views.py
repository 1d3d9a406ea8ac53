"""Search across strings, people and events (docs/api.md, Search)."""

from collections.abc import Callable
from typing import Any, NamedTuple

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import reads as people_reads
from accounts.callers import caller_of
from accounts.shapes import USER_COLUMNS, user_shapes
from ai.openapi import search_docs
from ai.texts import event_texts, string_texts, user_texts
from events import reads as event_reads
from events.shapes import EVENT_COLUMNS, event_shapes
from lifestring import listing, rows, search
from lifestring.errors import ValidationFailedError
from lifestring.links import base_url
from lifestring.views import ApiViewSet
from strings import reads as string_reads
from strings.shapes import STRING_COLUMNS, string_shapes

TYPES = ("strings", "people", "events")
DEFAULT_LIMIT = 10
MAX_LIMIT = 50
STRING_HITS = (*STRING_COLUMNS, "rank")
PEOPLE_HITS = (*USER_COLUMNS, "rank")
EVENT_HITS = (*EVENT_COLUMNS, "rank")


@search_docs
class SearchViewSet(ApiViewSet):
    """One question, asked of everything a person may read."""

    def list(self, request: Request) -> Response:
        """Answer the best matches of each kind, the best first, each with its `score` and a `highlight`."""
        text = listing.text_param(request, "q")
        if not text:
            raise ValidationFailedError({"q": ["Say what to look for."]})
        kind = request.query_params.get("type") or None
        if kind is not None and kind not in TYPES:
            raise ValidationFailedError({"type": [f"This must be one of {', '.join(TYPES)}."]})
        limit = listing.limit(request, default=DEFAULT_LIMIT, most=MAX_LIMIT)
        find: dict[str, Callable[[Request, str, int], Hits]] = {
            "strings": _strings,
            "people": _people,
            "events": _events,
        }
        hits = {name: find[name](request, text, limit) for name in TYPES if kind in {None, name}}
        passages = iter(search.highlights([texts for found in hits.values() for texts in found.texts], text))
        data = {
            name: [
                {**shape, "score": score, "highlight": next(passages)}
                for shape, score in zip(found.shapes, found.scores, strict=True)
            ]
            for name, found in hits.items()
        }
        return Response({"data": data, "meta": {"query": text, "mode": "text"}})


class Hits(NamedTuple):
    """What was found of one kind: shapes, how well each matches, and the texts the caller may see of each."""

    shapes: list[Any]
    scores: list[float]
    texts: list[list[str]]


def _hits(shapes: list[Any], found: list[rows.Row], texts: Callable[[rows.Row], list[str]]) -> Hits:
    return Hits(shapes, [row[-1] for row in found], [texts(row) for row in found])


def _strings(request: Request, text: str, limit: int) -> Hits:
    caller = caller_of(request)
    among = string_reads.ranked_of_many(caller, text)
    found = rows.fetch(string_reads.best, (caller, text, among), STRING_HITS, limit=limit)
    return _hits(string_shapes(found, caller=caller, base=base_url(request)), found, string_texts)


def _people(request: Request, text: str, limit: int) -> Hits:
    caller = caller_of(request)
    found = rows.fetch(people_reads.best, (caller, text), PEOPLE_HITS, limit=limit)
    return _hits(user_shapes(found, caller=caller), found, user_texts)


def _events(request: Request, text: str, limit: int) -> Hits:
    found = rows.fetch(event_reads.best, (caller_of(request), text), EVENT_HITS, limit=limit)
    return _hits(event_shapes(found, base=base_url(request), include=frozenset({"user"})), found, event_texts)
