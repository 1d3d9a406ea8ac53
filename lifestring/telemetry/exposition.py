"""`GET /metrics`: what was counted, and what is looked up when somebody asks (docs/operations.md, Metrics)."""

import hmac
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import dramatiq
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from dramatiq import Message
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from lifestring.bearer import bearer_token
from lifestring.error_rendering import error_response
from lifestring.errors import NotFoundError
from lifestring.health import SAFE, only_readable

logger = logging.getLogger(__name__)

# A question to the database that costs more than an instant is asked so often at most.
REMEMBERED_SECONDS = 30.0

Gauges = Iterable[GaugeMetricFamily]


class LookedUp:
    """A Prometheus collector over functions that look something up; one that fails leaves its part out."""

    def __init__(self) -> None:
        self.looks: list[Callable[[], Gauges]] = []

    def describe(self) -> Gauges:
        """Return nothing: what there is need not be looked up before anybody asks."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Look everything up."""
        for look in self.looks:
            try:
                yield from list(look())
            except Exception as error:
                # Redis or the database is away, most likely, which others say louder.
                logger.warning("metrics are left out: %s", type(error).__name__)


looked_up = LookedUp()
REGISTRY.register(looked_up)


def gauge(look: Callable[[], Gauges]) -> Callable[[], Gauges]:
    """Have a function asked whenever somebody reads the metrics; an app's metrics.py declares its own so."""
    looked_up.looks.append(look)
    return look


def remembered(look: Callable[[], list[GaugeMetricFamily]]) -> Callable[[], list[GaugeMetricFamily]]:
    """Return a look that asks anew only after a while."""
    kept: tuple[float, list[GaugeMetricFamily]] | None = None

    def again() -> list[GaugeMetricFamily]:
        nonlocal kept
        if kept is None or time.monotonic() - kept[0] > REMEMBERED_SECONDS:
            kept = (time.monotonic(), look())
        return kept[1]

    return again


def registry() -> CollectorRegistry:
    """Return what this process answers with: its own, or with PROMETHEUS_MULTIPROC_DIR its whole group's."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    together.register(looked_up)
    return together


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
