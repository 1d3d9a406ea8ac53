"""Full text search: every word must appear, the last letters may be missing (docs/api.md, Strings)."""

import re
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import Model, QuerySet

# No stemming: texts come in many languages, and prefixes already find most inflections.
CONFIG = "simple"
_WORD = re.compile(r"\w+")
MAX_WORDS = 12

M = TypeVar("M", bound=Model)


def query(text: str) -> SearchQuery | None:
    """Return the tsquery of a user's words, each as a prefix; None where there is no word in them."""
    words = _WORD.findall(text.lower())[:MAX_WORDS]
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config=CONFIG, search_type="raw") if words else None


def matching(queryset: QuerySet[M], text: str, *expressions: Any) -> QuerySet[M]:
    """Narrow to rows whose columns hold all words, and annotate `rank` (0..1, higher is better)."""
    wanted = query(text)
    if wanted is None:
        return queryset.none()
    vector = SearchVector(*expressions, config=CONFIG)
    return queryset.annotate(document=vector, rank=SearchRank(vector, wanted)).filter(document=wanted)
