"""How Supabase's tables differ from what our unmanaged models say of them (docs/database.md, Drift).

The tables belong to others and change without us; a difference is named here before it becomes a wrong answer.
What others may add without harm is no difference: further tables, indexes, and columns that an INSERT need not mention.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Field, Model, UniqueConstraint
from django.db.models.fields import NOT_PROVIDED

from lifestring.fields import PgEnumField
from lifestring.schema_catalogue import LiveColumn, LiveTable, TableName, read_tables

SUPABASE_SCHEMA = "public"
# Supabase Auth's tables are read only: a column that is stricter or wider there than we need does no harm.
READ_ONLY_SCHEMAS = {"auth"}
_QUALIFIED = re.compile(r'"(?P<schema>[^"]+)"\."(?P<name>[^"]+)"')


@dataclass(frozen=True)
class Difference:
    """One thing that is not as a model says; `column` is empty where it concerns the table."""

    table: TableName
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        place = f"{self.table}.{self.column}" if self.column else str(self.table)
        return f"{place}: expected {self.expected}, found {self.found}"


def schema_differences(connection: BaseDatabaseWrapper) -> list[Difference]:
    """Compare every unmanaged model with the live catalogue; three queries."""
    models = {table_name(model): model for model in unmanaged_models()}
    tables = read_tables(connection, models)
    return [
        difference
        for name, model in sorted(models.items())
        for difference in _table_differences(name, model, tables.get(name), connection)
    ]


def unmanaged_models() -> list[type[Model]]:
    """The models of tables that are not ours."""
    return [model for model in apps.get_models() if not model._meta.managed and not model._meta.proxy]


def table_name(model: type[Model]) -> TableName:
    """Where a model's table is; a bare name is one of Supabase's `public`."""
    match = _QUALIFIED.fullmatch(model._meta.db_table)
    return TableName(match["schema"], match["name"]) if match else TableName(SUPABASE_SCHEMA, model._meta.db_table)


def _table_differences(
    name: TableName, model: type[Model], table: LiveTable | None, connection: BaseDatabaseWrapper
) -> Iterator[Difference]:
    if table is None:
        yield Difference(name, "", "a table", "none")
        return
    if not table.visible and not _QUALIFIED.fullmatch(model._meta.db_table):
        yield Difference(name, "", "a table that its bare name leads to", "another one before it in search_path")
    fields = {_column(field): field for field in model._meta.concrete_fields if field.column}
    for column, field in fields.items():
        yield from _column_differences(name, field, table.columns.get(column), connection)
    yield from _key_differences(name, model, table)
    if name.schema in READ_ONLY_SCHEMAS:
        return
    for column, live in table.columns.items():
        if column not in fields and not live.nullable and not live.has_default:
            found = f"{live.type} not null without default"
            yield Difference(name, column, "no column that an INSERT must fill", found)


def _column_differences(
    name: TableName, field: "Field[Any, Any]", live: LiveColumn | None, connection: BaseDatabaseWrapper
) -> Iterator[Difference]:
    column, expected = _column(field), expected_type(field, connection)
    if live is None:
        yield Difference(name, column, expected, "no such column")
        return
    read_only = name.schema in READ_ONLY_SCHEMAS
    if live.type != expected and not (read_only and expected == "text" and live.type.startswith("character varying")):
        yield Difference(name, column, expected, live.type)
    elif isinstance(field, PgEnumField) and live.labels != field.labels:
        yield Difference(name, column, f"the values {_listed(field.labels)}", _listed(live.labels))
    if field.null and not live.nullable and not read_only:
        yield Difference(name, column, "nullable", "not null")
    if not field.null and live.nullable:
        yield Difference(name, column, "not null", "nullable")
    if _relies_on_default(field) and not live.has_default and not read_only:
        yield Difference(name, column, "a default", "none")


def _relies_on_default(field: "Field[Any, Any]") -> bool:
    """Whether our INSERT leaves the value to the database."""
    return isinstance(field, AutoField) or field.db_default is not NOT_PROVIDED


def expected_type(field: "Field[Any, Any]", connection: BaseDatabaseWrapper) -> str:
    """Return a model field's column type the way the catalogue is read."""
    declared = field.db_type(connection) or ""
    if declared.startswith("vector("):
        return f"extensions.{declared}"
    return declared.replace("varchar", "character varying").replace(", ", ",")


def _key_differences(name: TableName, model: type[Model], table: LiveTable) -> Iterator[Difference]:
    primary_key = frozenset(_column(field) for field in model._meta.pk_fields)
    if table.primary_key != primary_key:
        yield Difference(name, _key(primary_key), "the primary key", _key(table.primary_key) or "none")
    for columns in sorted(_unique_columns(model), key=sorted):
        if columns not in table.unique:
            yield Difference(name, _key(columns), "unique", "no such constraint")


def _unique_columns(model: type[Model]) -> set[frozenset[str]]:
    fields = {field.name: field for field in model._meta.concrete_fields}
    alone = [(name,) for name, field in fields.items() if field.unique and not field.primary_key]
    together = [tuple(rule.fields) for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)]
    groups = [*alone, *together, *model._meta.unique_together]
    return {frozenset(_column(fields[name]) for name in group) for group in groups}


def _column(field: "Field[Any, Any]") -> str:
    return field.column or ""


def _key(columns: frozenset[str]) -> str:
    listed = _listed(sorted(columns))
    return f"({listed})" if len(columns) > 1 else listed


def _listed(values: list[str]) -> str:
    return ", ".join(values)
