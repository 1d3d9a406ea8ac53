"""What a person asks for, as a tsquery over documents (docs/api.md, Search)."""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQueryField
from django.db.models import Expression

from lifestring.search.function import marker
from lifestring.search.languages import LANGUAGES, Language, fold

MAX_WORDS = 12
_TERM = re.compile(r'(?P<not>(?<!\S)-(?=["\w])(?!\d))?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_WORD = re.compile(r"[^\W_]+")
# One of the lexemes in the text of a tsquery, for SQL.
_LEXEME = "''((?:[^'']|'''')+)''"


@dataclass(frozen=True)
class Question:
    """A question taken apart, and folded as documents are.

    Args:
        words: what must begin a word, or be an inflection of one.
        phrases: what must be there just so.
        excluded: words and phrases that must not be there.
    """

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]

    @property
    def wants_something(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.words or self.phrases)


def understood(text: str) -> Question:
    """Take a question apart: words, "phrases in quotes", and -what must not be there."""
    words, phrases, excluded = [], [], []
    for term in list(filter(lambda found: _WORD.search(found[0]), _TERM.finditer(text)))[:MAX_WORDS]:
        if term["not"]:
            excluded.append(fold(term["phrase"] or term["word"]))
        elif term["phrase"]:
            phrases.append(fold(term["phrase"]))
        else:
            words.append(fold(term["word"]))
    return Question(tuple(words), tuple(phrases), tuple(excluded))


class TSQuery(Expression):
    """A tsquery as SQL with parameters, to be joined with others."""

    output_field = SearchQueryField()

    def __init__(self, sql: str, *params: str) -> None:
        super().__init__(output_field=self.output_field)
        self.query, self.params = sql, params

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Return both."""
        return self.query, self.params


def _joined(operator: str, *parts: TSQuery) -> TSQuery:
    sql = f" {operator} ".join(part.query for part in parts)
    return TSQuery(f"({sql})", *(param for part in parts for param in part.params))


def _all(*parts: TSQuery) -> TSQuery:
    return _joined("&&", *parts)


def _any(*parts: TSQuery) -> TSQuery:
    return _joined("||", *parts)


# An empty tsquery vanishes from whatever it is joined with; this one, which no document holds, stays.
_NOTHING = TSQuery("'''!'''::tsquery")


def asked(question: Question) -> TSQuery:
    """Return the tsquery: all words as they are written, or all of them inflected in one language.

    In the inflected one the last word may still be unfinished.
    """
    phrases = [_just_so(phrase) for phrase in question.phrases]
    return _without(question.excluded, [_worded(question.words), *phrases] if question.words else phrases)


def written(question: Question) -> TSQuery:
    """Return the tsquery of what holds every word in full, just as it is asked for: a part of what answers the question."""
    return _without(question.excluded, [_just_so(part) for part in (*question.words, *question.phrases)])


def _without(excluded: tuple[str, ...], wanted: list[TSQuery]) -> TSQuery:
    """All that is wanted, and nothing of what is excluded."""
    barred = [TSQuery(f"!!{part.query}", *part.params) for part in map(_just_so, excluded)]
    return _all(_any(_NOTHING, _all(*wanted)), *barred)


def _worded(words: tuple[str, ...]) -> TSQuery:
    """All words as they are written, or inflected in one language; written so that an index has little to compare."""
    *first, last = map(_prefix, words)
    stems = [_stems(words[-1:], language) for language in LANGUAGES]
    if not first:
        return _any(last, *stems)
    firsts = [_first(words[:-1], language) for language in LANGUAGES]
    inflected = [_all(one, _any(_NOTHING, other)) for one, other in zip(firsts, stems, strict=True)]
    return _any(_all(_any(_all(*first), *firsts), last), *inflected)


def begun(text: str) -> TSQuery | None:
    """Return the tsquery of what each word of a text begins, whatever its case and accents; None for no word."""
    words = [word for word in fold(text).split() if _WORD.search(word)][:MAX_WORDS]
    return _all(*map(_prefix, words)) if words else None


def weighed(question: Question) -> TSQuery:
    """Return the tsquery whose matches among the words of a text make its rank: each word, and what its stem begins."""
    return _any(*map(_prefix, question.words), *map(_just_so, question.phrases), *_beginning_alike(question.words))


def _beginning_alike(words: tuple[str, ...]) -> list[TSQuery]:
    """What begins as the words do without their endings, in any of the languages."""
    return [
        TSQuery(f"to_tsquery('{language.config}', %s)", " | ".join(f"{_quoted(word)}:*" for word in words))
        for language in (LANGUAGES if words else ())
    ]


def stems_of(question: Question) -> str:
    """Return what `to_tsquery` makes any of the question's stems of, in any language."""
    return " | ".join(map(_quoted, question.words))


def _given(lexeme: str) -> TSQuery:
    """What is found past the parser."""
    return TSQuery("%s::tsquery", _quoted(lexeme))


def _stems(words: tuple[str, ...], language: Language) -> TSQuery:
    """All of these words inflected; nothing where all are too frequent to count."""
    # Stems have no places, so what the parser takes for several words need not stand in a row.
    stems = f"replace(to_tsquery('{language.config}', %s)::text, '<->', '&')"
    marked = f"regexp_replace({stems}, '{_LEXEME}', '''{marker(language.code)}\\1''', 'g')::tsquery"
    return TSQuery(marked, " & ".join(map(_quoted, words)))


def _first(words: tuple[str, ...], language: Language) -> TSQuery:
    """As `_stems`, with the language alone where all are too frequent to count."""
    stems, only = _stems(words, language), _given(marker(language.code))
    sql = f"CASE WHEN numnode({stems.query}) = 0 THEN {only.query} ELSE {stems.query} END"
    return TSQuery(sql, *stems.params, *only.params, *stems.params)


def _just_so(phrase: str) -> TSQuery:
    return TSQuery("phraseto_tsquery('simple', %s)", phrase)


def _prefix(word: str) -> TSQuery:
    """What finds one word of a question; PostgreSQL takes `node.js`, `3.14` or an address for one word, others for two."""
    parts = _WORD.findall(word)
    apart = " & ".join(f"'{part}':*" for part in parts)
    return TSQuery("to_tsquery('simple', %s)", apart if parts == [word] else f"({_quoted(word)}:* | {apart})")


def _quoted(word: str) -> str:
    return "'{}'".format(word.replace("\\", "\\\\").replace("'", "''"))
