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
# A worker without a sign of life for so long is dead, and its jobs are others'.
HEARTBEAT_MS = 60_000
# Of a million commands, after how many its jobs are looked for. An idle worker sends one a second for each queue: they are
# found within ten seconds or so, and not, as with Dramatiq's 1,000, within a quarter of an hour.
MAINTENANCE_CHANCE = 100_000


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


class HandBack(Middleware):
    """Give jobs that a stopping worker could not finish in its time back to the queue, for another worker to take at once.

    Without this they would wait, as those of a worker that was killed do, until its sign of life is `HEARTBEAT_MS` old.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, str] = {}

    def before_process_message(self, broker: Any, message: Any) -> None:
        """Run when a job begins."""
        if redis_id := message.options.get("redis_message_id"):
            self._under_way[redis_id] = message.queue_name

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        """Run when it is done, or has failed."""
        self._under_way.pop(message.options.get("redis_message_id", ""), None)

    after_skip_message = after_process_message

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """Run when the worker's time to finish is over."""
        for redis_id, queue_name in list(self._under_way.items()):
            broker.do_requeue(queue_name, redis_id)


def set_up_broker() -> None:
    """Make the Redis broker the process's own; called once when Django is ready."""
    dramatiq.set_broker(
        RedisBroker(
            client=client(settings.REDIS_URL),
            namespace=settings.JOBS_NAMESPACE,
            dead_message_ttl=settings.DEAD_LETTER_DAYS * 86_400_000,
            heartbeat_timeout=HEARTBEAT_MS,
            maintenance_chance=MAINTENANCE_CHANCE,
            middleware=[
                AgeLimit(),
                TimeLimit(),
                ShutdownNotifications(),
                Callbacks(),
                Pipelines(),
                Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
                CurrentMessage(),
                HandBack(),
                DatabaseConnections(),
                JobMetrics(settings.WORKER_METRICS_PORT),
                JobTraces(),
            ],
        )
    )
