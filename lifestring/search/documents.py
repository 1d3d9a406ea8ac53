"""What is searched of a row: expressions that an index can be made on (docs/decisions/016-search.md).

Each consists of built-in, immutable functions over the row's own columns, with every constant written into it: PostgreSQL
uses an index on an expression only for the very same expression. Whoever changes one has to make its index anew.
"""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Expression, F

from lifestring.search.languages import LANGUAGES, folded_sql

# A tsvector holds a megabyte, and making a larger one fails: one person's endless text, which another client may have
# written, would end everybody's search. Words beyond the first limit are not found, inflections beyond the second.
MAX_CHARACTERS = 100_000
MAX_STEMMED = 10_000
MAX_JSON_BYTES = 200_000
MAX_NESTING = 12
# Where the words that tell the language are looked for.
MAX_TELLING = 300
# Stands before the word or code that told the language, to be found together with inflections of that language only.
# The parser makes no such word of any text.
MARKER = "~"


class Document(Expression):
    """The words of a row, and what they inflect, as a tsvector.

    Its three parts are the words as they are written, without accents; their stems in the text's language; and one
    marker of that language. The last two carry no positions, so that phrases are found in the first alone.

    Args:
        text: SQL for the text, over `{column}` names.
        columns: the columns in it.
        language: SQL for what the row itself says of its language, null where it does not.
    """

    output_field = SearchVectorField()

    def __init__(self, text: str, columns: tuple[str, ...], language: str = "") -> None:
        super().__init__(output_field=self.output_field)
        self.text, self.columns, self.language = text, columns, language
        self.sources: list[Any] = [F(column) for column in columns]

    def get_source_expressions(self) -> list[Any]:
        """Return the columns."""
        return self.sources

    def set_source_expressions(self, exprs: Any) -> None:
        """Take the columns as a query names them."""
        self.sources = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL, without parameters."""
        names = [compiler.compile(source)[0] for source in self.sources]
        # Django's placeholders leave a per cent sign alone only where it is doubled, and there is none.
        return self.sql(dict(zip(self.columns, names, strict=True))), ()

    def sql(self, names: dict[str, str] | None = None) -> str:
        """Return the expression as an index needs it, or over columns under other names."""
        names = names or {column: column for column in self.columns}
        text = self.text.format_map(names)
        told = _told(text, self.language.format_map(names))
        words = f"to_tsvector('simple'::regconfig, {folded_sql(text, MAX_CHARACTERS)})"
        stems = f"to_tsvector({_config(told)}, {folded_sql(text, MAX_STEMMED)})"
        return f"({words} || strip({stems}) || array_to_tsvector(ARRAY['{MARKER}' || coalesce({told}, '')]))"


def _told(text: str, language: str) -> str:
    """The word or code that tells the language."""
    words = "|".join(word for known in LANGUAGES for word in known.words)
    told = rf"substring(lower(left({text}, {MAX_TELLING})) from '\m(?:{words})\M')"
    return f"coalesce(lower(left({language}, 2)), {told})" if language else told


def _config(told: str) -> str:
    """The configuration it tells; all languages have as many signs, so the place of one among them all is enough."""
    default, signs = LANGUAGES[0], [sign for known in LANGUAGES for sign in known.signs]
    place = f"(array_position('{{{','.join(signs)}}}'::text[], {told}) - 1) / {len(default.signs)} + 1"
    configs = ",".join(known.config for known in LANGUAGES)
    return f"coalesce(('{{{configs}}}'::regconfig[])[{place}], '{default.config}'::regconfig)"


def text_of(column: str) -> str:
    """SQL for a text column that may be null."""
    return f"coalesce({{{column}}}, '')"


def texts_in(column: str) -> str:
    """SQL for the texts in a JSONB column's values, without its keys; nothing where it is null or too large.

    What JSON escapes, a line's end for one, parts words; other clients may nest deeper than the stack is, so the depth
    is bounded.
    """
    name = f"{{{column}}}"
    path = f'strict $.**{{{{0 to {MAX_NESTING}}}}} ? (@.type() == "string")'
    found = f"jsonb_path_query_array({name}, '{path}', '{{{{}}}}', true)"
    bounded = f"CASE WHEN octet_length({name}::text) <= {MAX_JSON_BYTES} THEN {found}::text ELSE '' END"
    return rf"regexp_replace({bounded}, '\\.', ' ', 'g')"


def _joined(*texts: str) -> str:
    return " || ' ' || ".join(texts)


STRINGS = Document(text_of("content_text"), ("content_text",))
PEOPLE = Document(
    _joined("coalesce({contact_info} ->> 'name', '')", texts_in("biography"), texts_in("attributes")),
    ("contact_info", "biography", "attributes"),
    "coalesce({attributes} ->> 'language', {attributes} -> 'languages' ->> 0)",
)
EVENTS = Document(
    _joined("{title}", text_of("description"), text_of("location")),
    ("title", "description", "location", "meta_data"),
    "{meta_data} ->> 'language'",
)
DOCUMENTS = {"strings": STRINGS, "user_profiles": PEOPLE, "events": EVENTS}
