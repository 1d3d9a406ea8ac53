"""The optional indexes on Supabase's tables, as deploy/sql/indexes.sql lists them (docs/deploy.md, Indexes)."""

import re
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from lifestring.schema_health import Level, Problem
from lifestring.schema_setup import SQL_FOLDER

INDEX_FILE = SQL_FOLDER / "indexes.sql"
MISSING, INVALID = "I001", "I002"
_NAME = re.compile(r"CREATE INDEX CONCURRENTLY IF NOT EXISTS (\w+)\s+ON public\.\w+")
_EXECUTED = "\\gexec"
_END = re.compile(r";|(?<=\\gexec)\n")
_FOUND = """
SELECT c.relname, i.indisvalid
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (%s)
"""


@dataclass(frozen=True)
class IndexState:
    """Which of the optional indexes are `missing`, and which are there but `invalid`: half built, and used by no query."""

    missing: list[str]
    invalid: list[str]


def index_statements() -> list[str]:
    """Return the statements of the file, in their order, for `run_statement`."""
    lines = INDEX_FILE.read_text(encoding="utf-8").splitlines()
    sql = "\n".join(line for line in lines if not line.startswith("--"))
    return [statement.strip() for statement in _END.split(sql) if statement.strip()]


def run_statement(cursor: CursorWrapper, statement: str) -> None:
    """Run one of the statements as psql does, outside of a transaction; before `\\gexec`, also those that it returns."""
    selected = statement.removesuffix(_EXECUTED)
    cursor.execute(selected)
    for [made] in cursor.fetchall() if selected != statement else ():
        cursor.execute(made)


def index_name(statement: str) -> str | None:
    """Return the name of the index that a statement creates, None where it does something else."""
    found = _NAME.search(statement)
    return found[1] if found else None


def index_state(connection: BaseDatabaseWrapper) -> IndexState:
    """Look for the indexes by their names; one query."""
    names = [name for statement in index_statements() if (name := index_name(statement))]
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [names])
        found = dict(cursor.fetchall())
    return IndexState(
        missing=[name for name in names if name not in found],
        invalid=[name for name in names if found.get(name) is False],
    )


def index_problems(connection: BaseDatabaseWrapper) -> list[Problem]:
    """Say which are missing or half built: worth knowing, and no reason not to serve."""
    state, found = index_state(connection), []
    if state.missing:
        message = f"{len(state.missing)} optional indexes are missing: {', '.join(state.missing)}."
        hint = "Lists and searches are slow without them: run deploy/sql/indexes.sql (docs/deploy.md, Indexes)."
        found.append(Problem(Level.INFO, MISSING, message, hint))
    if state.invalid:
        message = f"{len(state.invalid)} optional indexes are half built, and unused: {', '.join(state.invalid)}."
        hint = "Unless they are being built right now, run `manage.py create_indexes` (docs/deploy.md, Indexes)."
        found.append(Problem(Level.INFO, INVALID, message, hint))
    return found
