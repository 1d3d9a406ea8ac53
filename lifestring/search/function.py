"""The function in the database that makes documents (docs/decisions/016-search.md).

PostgreSQL takes a long expression of built-in functions for nearly free and would make a document of every row rather
than use an index; a function states its price, and computes each part once. Indexes depend on it, so it never changes:
whoever changes what is here raises the version, and adds a migration that makes the new function beside the old one.
"""

from collections.abc import Callable

from lifestring.search.languages import LANGUAGES, LETTERS, MARKS, Language

NAME = "django.search_document_v1"
# A tsvector holds a megabyte, and making a larger one fails: one person's endless text, which another client may have
# written, would end everybody's search. Words beyond the first limit are not found, inflections beyond the second.
MAX_CHARACTERS = 100_000
MAX_STEMMED = 10_000
# Where the words that tell the language are looked for.
MAX_TELLING = 300
MAX_LEXEME = 2_000
# Begins what is no word of a text: the parser makes nothing that begins so.
MARKER = "~"


def marker(code: str, stem: str = "") -> str:
    """Return what a document in a language holds, or one with this stem in it."""
    return f"{MARKER}{code} {stem}"


def body() -> str:
    """Return what the function does, in PL/pgSQL, with `content`, the text, and `said`, the language if a row says it.

    What it returns has two parts: the words as they are written, without accents; and, where the language is known, a
    marker of it, and the stems, marked with it as well. Those carry no positions, so phrases are found in the first alone.
    """
    default = LANGUAGES[0]
    codes = ",".join(language.code for language in LANGUAGES)
    configs = ",".join(language.config for language in LANGUAGES)
    # All languages have as many signs, so the place of one among them all is enough.
    signs = _lines(",", lambda language: language.signs)
    letters = "".join(f"\n        folded := replace(folded, '{one}', '{plain}');" for one, plain in LETTERS.items())
    return rf"""
DECLARE
    told CONSTANT text := coalesce(nullif(lower(left(said, 2)), ''), substring(lower(left(content, {MAX_TELLING})) from
        '(?x)\m(?:{_lines("|", lambda language: language.words)})\M'), '{default.code}');
    place CONSTANT integer := (array_position(
        '{{{signs}}}'::text[], told) - 1) / {len(default.signs)} + 1;
    config CONSTANT regconfig := ('{{{configs}}}'::regconfig[])[place];
    marker CONSTANT text := '{MARKER}' || ('{{{codes}}}'::text[])[place] || ' ';
    folded text := lower(left(content, {MAX_CHARACTERS}));
    words tsvector;
BEGIN
    IF octet_length(folded) <> length(folded) THEN
        folded := regexp_replace(normalize(folded, NFKD), '{MARKS}', '', 'g');{letters}
        folded := left(folded, {MAX_CHARACTERS});
    END IF;
    words := to_tsvector('simple', folded);
    IF place IS NULL THEN
        RETURN words;
    END IF;
    RETURN words || array_to_tsvector(marker || ARRAY(
        SELECT marker || stem FROM unnest(tsvector_to_array(to_tsvector(config, left(folded, {MAX_STEMMED})))) AS stem
        WHERE octet_length(stem) <= {MAX_LEXEME}));
END
"""  # noqa: S608 - constants


def _lines(separator: str, of: Callable[[Language], tuple[str, ...]]) -> str:
    """Signs of all languages, a line for each."""
    return f"{separator}\n        ".join(separator.join(of(language)) for language in LANGUAGES)
