"""Narrowing querysets to what a question is about."""

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import BooleanField, F, FloatField, Func, QuerySet, Value

from lifestring.search.documents import Document
from lifestring.search.questions import asked, begun, understood, weighed, written

Q = TypeVar("Q", bound=QuerySet[Any, Any])

# ts_rank then divides by 1 + the logarithm of the document's length.
BY_LENGTH = 1
MAX_RANKED = 200


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


def ranked(queryset: Q, text: str, document: Document, among: tuple[uuid.UUID, ...] | None = None) -> Q:
    """Return rows that answer a question, the best first and the newest of equals, with their `rank` (0..1).

    Of more than `MAX_RANKED` only the newest take part: a rank costs as much as making the document anew.

    Args:
        queryset: the rows to search.
        text: the question.
        document: what of them is searched.
        among: those that take part, where they are known.
    """
    question = understood(text)
    if not question.wants_something:
        return queryset.none().annotate(rank=Value(0.0))
    found = newest(queryset, text, document).values("pk") if among is None else among
    rank = _Rank(document, weighed(question), Value(BY_LENGTH))
    return queryset.filter(pk__in=found).annotate(rank=rank).order_by(F("rank").desc(), "-created_at", "-pk")


def newest(queryset: Q, text: str, document: Document, *, by_index: bool = False) -> Q:
    """Return the newest rows that answer a question, as many as are ranked.

    Args:
        queryset: the rows to search.
        text: the question.
        document: what of them is searched.
        by_index: whether an index on their times may be followed, making a document of every row on the way: well where
            there are few rows, and endless where few of many match.
    """
    time = F("created_at") if by_index else F("created_at") + Value(timedelta(0))
    order = time.desc() if by_index else time.desc(nulls_last=True)
    return matching(queryset, text, document).order_by(order, "-pk")[:MAX_RANKED]
