"""Background jobs: the Dramatiq broker and its rules (docs/architecture.md, A job).

Delivery is at least once, so every actor may run twice; it takes ids, states its own limits, and calls a service.
"""

from typing import Any

import dramatiq
from django.conf import settings
from django.db import close_old_connections
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import (
    AgeLimit,
    Callbacks,
    CurrentMessage,
    Middleware,
    Pipelines,
    Retries,
    ShutdownNotifications,
    TimeLimit,
)

MIN_BACKOFF_MS = 15_000
MAX_BACKOFF_MS = 600_000
MAX_RETRIES = 5


class DatabaseConnections(Middleware):
    """Give the database connection back after every message."""

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        """Run when an actor is done, or has failed."""
        close_old_connections()

    after_skip_message = after_process_message


def set_up_broker() -> None:
    """Make the Redis broker the process's own; called once when Django is ready."""
    dramatiq.set_broker(
        RedisBroker(
            url=settings.REDIS_URL,
            namespace=settings.JOBS_NAMESPACE,
            middleware=[
                AgeLimit(),
                TimeLimit(),
                ShutdownNotifications(),
                Callbacks(),
                Pipelines(),
                Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
                CurrentMessage(),
                DatabaseConnections(),
            ],
        )
    )
