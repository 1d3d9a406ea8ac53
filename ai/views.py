"""Search across strings, people and events (docs/api.md, Search)."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import reads as people_reads
from accounts.callers import caller_of
from accounts.shapes import USER_COLUMNS, user_shapes
from ai.openapi import search_docs
from events import reads as event_reads
from events.shapes import EVENT_COLUMNS, event_shapes
from lifestring import listing, rows
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
        """Answer the best matches of each kind, the best first, each with its `score`."""
        text = listing.text_param(request, "q")
        if not text:
            raise ValidationFailedError({"q": ["Say what to look for."]})
        kind = request.query_params.get("type") or None
        if kind is not None and kind not in TYPES:
            raise ValidationFailedError({"type": [f"This must be one of {', '.join(TYPES)}."]})
        limit = listing.limit(request, default=DEFAULT_LIMIT, most=MAX_LIMIT)
        find: dict[str, Callable[[Request, str, int], list[Any]]] = {
            "strings": _strings,
            "people": _people,
            "events": _events,
        }
        data = {name: find[name](request, text, limit) for name in TYPES if kind in {None, name}}
        return Response({"data": data, "meta": {"query": text, "mode": "text"}})


def _scored(shapes: list[Any], found: list[rows.Row]) -> list[Any]:
    return [{**shape, "score": row[-1]} for shape, row in zip(shapes, found, strict=True)]


def _strings(request: Request, text: str, limit: int) -> list[Any]:
    caller = caller_of(request)
    found = rows.fetch(string_reads.best, (caller, text), STRING_HITS, limit=limit)
    return _scored(string_shapes(found, caller=caller, base=base_url(request)), found)


def _people(request: Request, text: str, limit: int) -> list[Any]:
    caller = caller_of(request)
    found = rows.fetch(people_reads.best, (caller, text), PEOPLE_HITS, limit=limit)
    return _scored(user_shapes(found, caller=caller), found)


def _events(request: Request, text: str, limit: int) -> list[Any]:
    found = rows.fetch(event_reads.best, (caller_of(request), text), EVENT_HITS, limit=limit)
    return _scored(event_shapes(found, base=base_url(request), include=frozenset({"user"})), found)
