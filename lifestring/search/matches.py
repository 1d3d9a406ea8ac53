"""Narrowing querysets to what a question is about."""

from collections.abc import Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Any, TypeVar

from django.db.models import BooleanField, F, FloatField, Func, QuerySet, Value

from lifestring.search.documents import Document, Words
from lifestring.search.questions import asked, begun, understood, weighed, written

Q = TypeVar("Q", bound=QuerySet[Any, Any])

# ts_rank then divides by 1 + the logarithm of the document's length.
BY_LENGTH = 1
# So many of each ranking take part in a search (ai/hybrid.py).
MAX_RANKED = 100


class _Answers(Func):
    """Whether a document answers a tsquery."""

    arg_joiner = " @@ "
    template = "(%(expressions)s)"
    output_field = BooleanField()


class _Rank(Func):
    """How well it does."""

    function = "ts_rank"
    output_field = FloatField()


def matching(queryset: Q, text: str, document: Document) -> Q:
    """Narrow to rows that answer a question."""
    question = understood(text)
    if not question.wants_something:
        return queryset.none()
    return queryset.filter(_Answers(document, asked(question)))


def holding(queryset: Q, text: str, document: Document) -> Q:
    """Narrow to such rows that answer a question as hold all its words just as they are.

    An index looks up words in full five times as fast as all that begin so.
    """
    question = understood(text)
    if not question.wants_something:
        return queryset.none()
    return queryset.filter(_Answers(document, written(question)))


def beginning(queryset: Q, text: str, document: Document) -> Q:
    """Narrow to rows where each word of a text begins a word, with neither inflections nor signs that mean something."""
    words = begun(text)
    return queryset.none() if words is None else queryset.filter(_Answers(document, words))


def ranked(queryset: Q, text: str, document: Document, *, by_index: bool = False, nulls_last: bool | None = None) -> Q:
    """Return the newest rows that answer a question, at most `MAX_RANKED`, the newest first, each with its `rank` (0..1).

    A rank takes the row's words anew. PostgreSQL does that with what an index finds only after it has sorted by time
    and cut, so whoever reads it sorts by rank (`best_first`).

    Args:
        queryset: the rows to search.
        text: the question.
        document: what of them is searched.
        by_index: whether an index on their times may be followed, making a document of every row on the way: well where
            there are few rows, and endless where few of many match.
        nulls_last: whether that index has rows without a time at its end.
    """
    question = understood(text)
    if not question.wants_something:
        return queryset.none().annotate(rank=Value(0.0))
    time = F("created_at") if by_index else F("created_at") + Value(timedelta(0))
    order = time.desc(nulls_last=nulls_last) if by_index else time.desc(nulls_last=True)
    found = matching(queryset, text, document).annotate(
        rank=_Rank(Words(document), weighed(question), Value(BY_LENGTH))
    )
    return found.order_by(order, "-pk")[:MAX_RANKED]


def best_first(found: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return what is in the first column of rows that `ranked` found, by the rank in the second; equals as they came."""
    return [row[0] for row in sorted(found, key=itemgetter(1), reverse=True)]
