"""System checks of the project: `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import Error as DatabaseError
from django.db import connections
from psycopg_pool import PoolTimeout

from lifestring.schema_health import Level, Problem, database_problems
from lifestring.schema_indexes import index_problems

_MESSAGES = {Level.INFO: checks.Info, Level.WARNING: checks.Warning, Level.ERROR: checks.Error}


def register() -> None:
    """Register the checks with Django."""
    checks.register(check_database, checks.Tags.database)


def check_database(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Compare the given databases with what the product relies on; none is asked without `--database`."""
    return [message for alias in databases or () for message in _check(alias)]


def _check(alias: str) -> list[checks.CheckMessage]:
    try:
        connection = connections[alias]
        problems = database_problems(connection)
        if not any(problem.is_fatal for problem in problems):
            # Where tables are yet to be made, or are not what they should be, indexes are the least concern.
            problems += index_problems(connection)
        return [_message(problem) for problem in problems]
    except (DatabaseError, PoolTimeout) as error:
        return [checks.Error(f"The database does not answer: {error}", id="lifestring.unreachable")]


def _message(problem: Problem) -> checks.CheckMessage:
    return _MESSAGES[problem.level](problem.message, hint=problem.hint or None, id=f"lifestring.{problem.code}")
