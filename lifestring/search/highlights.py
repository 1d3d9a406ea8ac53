"""The passages in which what was asked for appears, with it marked (docs/api.md, Search)."""

import html
import re
from collections.abc import Iterable, Sequence

from django.db import connection

from lifestring.search.languages import LANGUAGES, fold
from lifestring.search.questions import Question, stems_of, understood

OPEN, CLOSE = "<mark>", "</mark>"
BETWEEN = " … "
# So much of a text is looked through, so much shown around what was found first, and of so many texts of a row.
MAX_LOOKED_THROUGH = 5_000
AROUND = 80
MAX_PASSAGES = 3
# What a page may ask the database about; words beyond are not marked.
MAX_DISTINCT = 20_000
_WORD = re.compile(r"[^\W_]+")

# A word is marked where its stem is one of the question's, in whatever language that is.
_SAME_STEM = " OR ".join(
    f"to_tsvector('{language.config}', word) @@ to_tsquery('{language.config}', %s)" for language in LANGUAGES
)
_ANSWERING = f"SELECT word FROM unnest(%s::text[]) AS t (word) WHERE {_SAME_STEM}"  # noqa: S608 - constants


def highlights(rows: Sequence[Iterable[str]], asked: str) -> list[str | None]:
    """Return for each row the passages that answer a question, as HTML whose only tag is `<mark>`.

    One query, whatever the number of rows; none where nothing was found.

    Args:
        rows: the texts of each row that its reader may see.
        asked: the question.

    Returns:
        None where nothing to mark was found in the beginning of a row's texts.
    """
    question = understood(asked)
    looked = [[text[:MAX_LOOKED_THROUGH] for text in texts] for texts in rows]
    words = {fold(word) for texts in looked for text in texts for word in _WORD.findall(text)}
    marked = _answering(words, question)
    return [_passages(texts, marked) for texts in looked]


def _answering(words: set[str], question: Question) -> set[str]:
    """Which of the words answer the question: by how they begin, or by their stems."""
    beginnings = tuple(part for word in question.words for part in _WORD.findall(word))
    exactly = {part for phrase in question.phrases for part in _WORD.findall(phrase)}
    literal = {word for word in words if word.startswith(beginnings) or word in exactly}
    rest = sorted(words - literal)[:MAX_DISTINCT]
    if not rest or not question.words:
        return literal
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERING, [rest, *[stems_of(question)] * len(LANGUAGES)])
        return literal | {row[0] for row in cursor.fetchall()}


def _passages(texts: list[str], marked: set[str]) -> str | None:
    found = (passage for text in texts if (passage := _passage(text, marked)))
    first = [passage for passage, _ in zip(found, range(MAX_PASSAGES), strict=False)]
    return BETWEEN.join(first) or None


def _passage(text: str, marked: set[str]) -> str | None:
    """The text around the first marked word; escaped piece by piece, so that no mark of the text's own survives."""
    words = list(_WORD.finditer(text))
    first = next((word for word in words if fold(word[0]) in marked), None)
    if first is None:
        return None
    start, end = _bounds(text, first.start(), first.end())
    pieces, at = [], start
    for word in words:
        if start <= word.start() and word.end() <= end and fold(word[0]) in marked:
            pieces += [html.escape(text[at : word.start()]), OPEN, html.escape(word[0]), CLOSE]
            at = word.end()
    pieces.append(html.escape(text[at:end]))
    return ("…" if start else "") + "".join(pieces).strip() + ("…" if end < len(text) else "")


def _bounds(text: str, first: int, last: int) -> tuple[int, int]:
    """Where a passage around a word begins and ends: at spaces, if there are any near."""
    start, end = max(0, first - AROUND), min(len(text), last + AROUND)
    if start:
        space = text.find(" ", start, first)
        start = start if space < 0 else space + 1
    if end < len(text):
        space = text.rfind(" ", last, end)
        end = end if space < 0 else space
    return start, end
