"""What is searched of a row: expressions that an index can be made on (docs/decisions/016-search.md).

Each is a call of our one function (lifestring/search/function.py) over the row's own columns, with every constant written
into it: PostgreSQL uses an index on an expression only for the very same expression. Whoever changes one has to make its
index anew, under another name.
"""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Expression, F

from lifestring.search.function import NAME

MAX_JSON_BYTES = 200_000
MAX_NESTING = 12
# What a row may say of its language without naming any.
NO_LANGUAGE = "-"
ADDED = "~1 ~2 ~3 ~4"


class Document(Expression):
    """The words of a row, and what they inflect, as a tsvector.

    Args:
        text: SQL for the text, over `{column}` names.
        columns: the columns in it.
        language: SQL for what the row itself says of its language, null where it does not.
    """

    output_field = SearchVectorField()

    def __init__(self, text: str, columns: tuple[str, ...], language: str = "NULL") -> None:
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
        return f"{NAME}({self.text.format_map(names)}, {self.language.format_map(names)})"


class Words(Document):
    """The words of a document alone, without what they inflect: a quarter of the work, and no index is made on it.

    A few that no question has are added, or the shortest texts would be the best for being short.
    """

    def __init__(self, document: Document) -> None:
        super().__init__(document.text, document.columns, f"'{NO_LANGUAGE}'")

    def sql(self, names: dict[str, str] | None = None) -> str:
        """Return the expression, over columns under other names if there are any."""
        return f"({super().sql(names)} || '{ADDED}'::tsvector)"


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


_NAME = "coalesce({contact_info} ->> 'name', '')"
STRINGS = Document(text_of("content_text"), ("content_text",))
PEOPLE = Document(
    _joined(_NAME, texts_in("biography"), texts_in("attributes")),
    ("contact_info", "biography", "attributes"),
    "coalesce({attributes} ->> 'language', {attributes} -> 'languages' ->> 0)",
)
EVENTS = Document(
    _joined("{title}", text_of("description"), text_of("location")),
    ("title", "description", "location", "meta_data"),
    "{meta_data} ->> 'language'",
)
# People by their names alone.
NAMES = Document(_NAME, ("contact_info",))
DOCUMENTS = {"strings": STRINGS, "user_profiles": PEOPLE, "events": EVENTS}
