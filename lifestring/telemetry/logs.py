"""Log lines as JSON, one object a line, for programs to read (docs/operations.md, Logs)."""

import logging
from datetime import UTC, datetime
from typing import Any

from lifestring.rendering import dumps, iso


class JsonFormatter(logging.Formatter):
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
