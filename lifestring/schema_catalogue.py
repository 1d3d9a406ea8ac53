"""What the database's catalogue says about tables: columns, types, defaults, keys, enum values.

Three queries, whatever the number of tables. Types are written as PostgreSQL writes them, but for types outside
pg_catalog, which always carry their schema: `extensions.vector(1536)`, `public.connection_status`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

# Only what ON CONFLICT can rely on counts as unique: no partial, expression, invalid or deferrable index.
_TABLES = """
SELECT n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN unnest(%s::text[], %s::text[]) AS wanted (schema, name) ON n.nspname = wanted.schema AND c.relname = wanted.name
 WHERE c.relkind IN ('r', 'p')
"""
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname,
       CASE WHEN tn.nspname = 'pg_catalog' THEN pg_catalog.format_type(a.atttypid, a.atttypmod)
            ELSE tn.nspname || '.' || regexp_replace(pg_catalog.format_type(a.atttypid, a.atttypmod), '^.*\\.', '') END,
       NOT a.attnotnull,
       a.atthasdef OR a.attidentity <> '',
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN unnest(%s::text[], %s::text[]) AS wanted (schema, name) ON n.nspname = wanted.schema AND c.relname = wanted.name
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
"""
_KEYS = """
SELECT n.nspname, c.relname, i.indisprimary,
       ARRAY(SELECT a.attname::text
               FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS key (attnum)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.attnum)
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN unnest(%s::text[], %s::text[]) AS wanted (schema, name) ON n.nspname = wanted.schema AND c.relname = wanted.name
 WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
"""


class TableName(NamedTuple):
    """A table and its schema, unquoted."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class LiveColumn:
    """A column; `has_default` also for identity and generated ones, `labels` only for an ENUM."""

    type: str
    nullable: bool
    has_default: bool
    labels: list[str]


@dataclass
class LiveTable:
    """A table; `visible` tells whether its bare name leads to it, `primary_key` is empty without one."""

    visible: bool
    columns: dict[str, LiveColumn] = field(default_factory=dict)
    primary_key: frozenset[str] = frozenset()
    unique: set[frozenset[str]] = field(default_factory=set)


def read_tables(connection: BaseDatabaseWrapper, names: Iterable[TableName]) -> dict[TableName, LiveTable]:
    """Return those of the named tables that exist."""
    wanted = list(names)
    parameters = [[name.schema for name in wanted], [name.name for name in wanted]]
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, parameters)
        tables = {TableName(schema, name): LiveTable(visible) for schema, name, visible in cursor.fetchall()}
        cursor.execute(_COLUMNS, parameters)
        for schema, name, column, *facts in cursor.fetchall():
            tables[TableName(schema, name)].columns[column] = LiveColumn(*facts)
        cursor.execute(_KEYS, parameters)
        for schema, name, primary, columns in cursor.fetchall():
            table = tables[TableName(schema, name)]
            table.unique.add(frozenset(columns))
            if primary:
                table.primary_key = frozenset(columns)
    return tables
