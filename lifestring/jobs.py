"""Background jobs: the Dramatiq broker and its rules (docs/architecture.md, A job).

Delivery is at least once, so every actor may run twice; it takes ids, states its own limits, and calls a service.
"""

from typing import Any, cast

import dramatiq
import redis
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
from redis.backoff import NoBackoff
from redis.retry import Retry

from lifestring.telemetry.jobs import JobMetrics
from lifestring.telemetry.tracing import JobTraces

CONNECT_SECONDS = 1.0
# A Redis that takes connections and says nothing would hold whoever has just written something.
ANSWER_SECONDS = 2.0
MIN_BACKOFF_MS = 15_000
MAX_BACKOFF_MS = 600_000
MAX_RETRIES = 5


class JobsRedis(redis.Redis):
    """A client for which a Redis that stands still is one that is away, as workers know how to come back from that."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command."""
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except redis.TimeoutError as error:
            raise redis.ConnectionError("Redis does not answer in time.") from error


class DatabaseConnections(Middleware):
    """Give the database connection back after every message."""

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        """Run when an actor is done, or has failed."""
        close_old_connections()

    after_skip_message = after_process_message


def client(url: str) -> JobsRedis:
    """Return the broker's connections to Redis."""
    # No retries of redis-py's own: a request that enqueues would wait seconds for a Redis that is away, and what could
    # not be enqueued is found by a sweep.
    made = JobsRedis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return cast(JobsRedis, made)


def set_up_broker() -> None:
    """Make the Redis broker the process's own; called once when Django is ready."""
    dramatiq.set_broker(
        RedisBroker(
            client=client(settings.REDIS_URL),
            namespace=settings.JOBS_NAMESPACE,
            dead_message_ttl=settings.DEAD_LETTER_DAYS * 86_400_000,
            middleware=[
                AgeLimit(),
                TimeLimit(),
                ShutdownNotifications(),
                Callbacks(),
                Pipelines(),
                Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
                CurrentMessage(),
                DatabaseConnections(),
                JobMetrics(settings.WORKER_METRICS_PORT),
                JobTraces(),
            ],
        )
    )
