"""Log lines as JSON, one object a line, for programs to read, or as text for people (docs/operations.md, Logs)."""

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import django.db
from django.core.exceptions import ValidationError

from lifestring.rendering import dumps, iso

# Who raises them quotes what it was given: a row, a body, an answer, a value.
_QUOTING = (django.db.Error, ValidationError, ValueError, LookupError)
_QUOTING_PACKAGES = frozenset({"httpx2", "openai", "psycopg", "pydantic_core"})
LEFT_OUT = "(what it says is left out)"


def quotes(kind: type[BaseException]) -> bool:
    """Whether what exceptions of this type say may hold what people wrote."""
    return issubclass(kind, _QUOTING) or kind.__module__.partition(".")[0] in _QUOTING_PACKAGES


def behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, and those it came from."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        if isinstance(at, BaseExceptionGroup):
            for one in at.exceptions:
                yield from behind(one)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def trace_of(error: BaseException) -> str:
    """Return an exception's trace with those behind it, the first one first, without what any of them may quote."""
    return "\nwhich led to:\n".join(_alone(one) for one in reversed(list(behind(error))))


def _alone(error: BaseException) -> str:
    kind = type(error)
    said = told(error) if quotes(kind) else str(error)
    return "".join([*traceback.format_tb(error.__traceback__), f"{kind.__module__}.{kind.__qualname__}: {said}"])


def told(error: BaseException) -> str:
    """Return what may be told of an exception that quotes: of the database's its code, and the constraint it broke."""
    found = error if hasattr(error, "sqlstate") else error.__cause__
    details = [getattr(found, "sqlstate", None), getattr(getattr(found, "diag", None), "constraint_name", None)]
    return " ".join([*(str(detail) for detail in details if detail), LEFT_OUT])


class LineFormatter(logging.Formatter):
    """Text, with traces that quote nobody."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; another formatter's trace, which records keep, is not taken over."""
        if record.exc_info:
            record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return the trace."""
        return trace_of(ei[1]) if ei[1] is not None else super().formatException(ei)


class JsonFormatter(LineFormatter):
    """One object: time, level, logger, message, request_id, and whatever the record carries in `fields`.

    Logging `extra={"fields": {…}}` adds to it. Never put tokens, messages or profiles there.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        elif record.exc_text:
            line["trace"] = record.exc_text
        return dumps(line).decode()
