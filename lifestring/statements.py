"""Running single statements where SQL says it better than a queryset."""

from typing import Any

from django.db import connection

from lifestring.rows import Row


def first_row(sql: str, params: Any) -> Row | None:
    """Run a statement and return its first row, None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row: Row | None = cursor.fetchone()
    return row


def all_rows(sql: str, params: Any) -> list[Row]:
    """Run a statement and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Row] = cursor.fetchall()
    return found


def changed(sql: str, params: Any) -> int:
    """Run a statement that writes and return how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
