"""Full text search: every word must appear, the last letters may be missing (docs/api.md, Strings)."""

import re
from typing import Any, TypeVar

from django.contrib.postgres.search import (
    CombinedSearchVector,
    SearchQuery,
    SearchRank,
    SearchVector,
    SearchVectorField,
)
from django.db.models import F, Func, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Left

# No stemming: texts come in many languages, and prefixes already find most inflections.
CONFIG = "simple"
_WORD = re.compile(r"\w+")
MAX_WORDS = 12
# A tsvector holds a megabyte, and making a larger one fails: one person's endless text, which another client may have
# written, would end everybody's search. Words beyond these limits are not found.
MAX_CHARACTERS = 100_000
MAX_JSON_BYTES = 200_000

Q = TypeVar("Q", bound=QuerySet[Any, Any])


def query(text: str) -> SearchQuery | None:
    """Return the tsquery of a user's words, each as a prefix; None where there is no word in them."""
    parts = [part for part in text.split() if _WORD.search(part)][:MAX_WORDS]
    return SearchQuery(" & ".join(map(_prefix, parts)), config=CONFIG, search_type="raw") if parts else None


def _prefix(part: str) -> str:
    """What finds one part of a question; PostgreSQL takes `node.js`, `3.14` or an address for one word, others for two."""
    words = _WORD.findall(part)
    apart = " & ".join(f"'{word}':*" for word in words)
    if words == [part]:
        return apart
    whole = part.replace("\\", "\\\\").replace("'", "''")
    return f"('{whole}':* | {apart})"


class JSONVector(Func):
    """The words in a JSONB column's values, without its keys; nothing where it is null or too large."""

    template = (
        f"to_tsvector('{CONFIG}'::regconfig, CASE WHEN octet_length(%(expressions)s::text) <= {MAX_JSON_BYTES} "
        "THEN %(expressions)s ELSE '{}'::jsonb END)"
    )
    output_field = SearchVectorField()


def text_vector(*paths: str | Combinable) -> SearchVector:
    """Return the words in text columns."""
    return SearchVector(*(Left(path, MAX_CHARACTERS // len(paths)) for path in paths), config=CONFIG)


def combined(one: Combinable, other: Combinable) -> CombinedSearchVector:
    """Return the words of both."""
    return CombinedSearchVector(one, "||", other, None)


def matching(queryset: Q, text: str, vector: Combinable) -> Q:
    """Narrow to rows whose vector holds all words, and annotate `rank` (0..1, higher is better)."""
    wanted = query(text)
    if wanted is None:
        return queryset.none().annotate(rank=Value(0.0))
    return queryset.annotate(document=vector, rank=SearchRank(F("document"), wanted)).filter(document=wanted)
