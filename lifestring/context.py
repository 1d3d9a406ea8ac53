"""What belongs to the request being served, readable from any layer below it."""

import logging
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """Return the id of the request being served, or "-" outside of one."""
    return _request_id.get()


def set_request_id(value: str) -> None:
    """Name the request that this thread or task serves from here on."""
    _request_id.set(value)


class RequestIdFilter(logging.Filter):
    """Put the request id on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add `request_id`; keep the record."""
        record.request_id = current_request_id()
        return True
