"""Flat rows straight from the driver.

List routes render thousands of values a second; building model instances and converting every JSONB value to Python and
back costs ten times the query (docs/performance.md). A queryset still says what is read; this module only skips the
conversions: JSONB arrives as the text the database wrote, to be passed through with `rendering.json_text`.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet, Value

Row = tuple[Any, ...]


def fetch(queryset: QuerySet[Any, Any]) -> list[Row]:
    """Run a `values_list` queryset and return the driver's tuples."""
    connection = connections[queryset.db]
    try:
        sql, params = queryset.query.get_compiler(queryset.db).as_sql()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def count_up_to(queryset: QuerySet[Any, Any], limit: int) -> int:
    """Count rows, but stop at `limit`, so that the price does not grow with the table."""
    return queryset.order_by().values_list(Value(1))[:limit].count()
