"""`GET /metrics`: what was counted, and what is looked up when somebody asks (docs/operations.md, Metrics)."""

import hmac
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dramatiq
import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from dramatiq import Message
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from psycopg_pool import PoolTimeout

from lifestring.bearer import bearer_token
from lifestring.error_rendering import error_response
from lifestring.errors import NotFoundError
from lifestring.health import SAFE, only_readable
from lifestring.telemetry.looks import Gauges, gauge, looked_up


def registry() -> CollectorRegistry:
    """Return what this process answers with: its own, or with PROMETHEUS_MULTIPROC_DIR its whole group's."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return REGISTRY
    _forget_the_dead(Path(folder))
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    together.register(looked_up)
    return together


def _forget_the_dead(folder: Path) -> None:
    """Remove what processes that are gone said of the present: their sockets are closed."""
    for file in folder.glob("gauge_live*_*.db"):
        try:
            os.kill(int(file.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except PermissionError:
            continue


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever brings METRICS_TOKEN; for everybody else there is nothing here."""
    if request.method not in SAFE:
        return only_readable()
    given = bearer_token(request.headers.get("Authorization", "")) or ""
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return error_response(NotFoundError("There is nothing at this address."))
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


@gauge
def _pool() -> Gauges:
    pool: Any = getattr(connection, "pool", None)
    stats = pool.get_stats() if pool else {}
    found = GaugeMetricFamily("lifestring_pool", "This process's connections to the database.", labels=["what"])
    for what in ("pool_size", "pool_available", "pool_max", "requests_waiting"):
        found.add_metric([what], stats.get(what, 0))
    return [found]


@gauge
def _database() -> Gauges:
    return _asked("database", _ask_database)


@gauge
def _redis() -> Gauges:
    broker: Any = dramatiq.get_broker()
    return _asked("redis", broker.client.ping)


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _asked(what: str, ask: Callable[[], object]) -> Gauges:
    """Whether something answers, and after how long; where it hangs, neither is there in time."""
    started = time.perf_counter()
    try:
        ask()
    except (DatabaseError, PoolTimeout, redis.RedisError):
        return [GaugeMetricFamily(f"lifestring_{what}_up", "Whether it answers.", value=0)]
    seconds = time.perf_counter() - started
    return [
        GaugeMetricFamily(f"lifestring_{what}_up", "Whether it answers.", value=1),
        GaugeMetricFamily(f"lifestring_{what}_answer_seconds", "After how long it answers.", value=seconds),
    ]


@gauge
def _queues() -> Gauges:
    broker: Any = dramatiq.get_broker()
    waiting = GaugeMetricFamily("lifestring_jobs_waiting", "Jobs that wait.", labels=["queue"])
    delayed = GaugeMetricFamily("lifestring_jobs_delayed", "Jobs that wait for their time.", labels=["queue"])
    dead = GaugeMetricFamily("lifestring_dead_letters", "Jobs that were given up.", labels=["queue"])
    oldest = GaugeMetricFamily("lifestring_jobs_oldest_seconds", "For how long the first has waited.", labels=["queue"])
    for queue in sorted(broker.get_declared_queues()):
        key = f"{broker.namespace}:{queue}"
        waiting.add_metric([queue], broker.client.llen(key))
        delayed.add_metric([queue], broker.client.llen(f"{key}.DQ"))
        dead.add_metric([queue], broker.client.zcard(f"{key}.XQ"))
        oldest.add_metric([queue], _age_of_first(broker, key))
    return [waiting, delayed, dead, oldest]


def _age_of_first(broker: Any, key: str) -> float:
    first = broker.client.lindex(key, 0)
    raw = None if first is None else broker.client.hget(f"{key}.msgs", first)
    return 0.0 if raw is None else max(0.0, time.time() - Message.decode(raw).message_timestamp / 1000)
