"""Figures that are looked up when somebody reads the metrics, each within a short time (docs/operations.md, Metrics).

What cannot be looked up in time, or at all, is left out, and the rest is there.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from django.db import connections
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily

logger = logging.getLogger(__name__)

# A scraper waits ten seconds by default, and somebody may be waiting for the database it asks about.
PATIENCE_SECONDS = 2.0

Gauges = Iterable[GaugeMetricFamily]
Look = Callable[[], Gauges]


class _Looking(threading.Thread):
    """One look under way, with a database connection of its own."""

    def __init__(self, look: Look) -> None:
        super().__init__(name="metrics", daemon=True)
        self.look = look
        self.found: list[GaugeMetricFamily] = []

    def run(self) -> None:
        try:
            self.found = list(self.look())
        except Exception as error:
            # Redis or the database is away, most likely, which others say louder.
            logger.warning("metrics are left out: %s", type(error).__name__)
        finally:
            connections.close_all()


class LookedUp:
    """A Prometheus collector over functions that look something up.

    Args:
        patience: for how many seconds all of them together are waited for.
    """

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self.patience = patience
        self.looks: list[Look] = []
        self._under_way: dict[Look, _Looking] = {}
        self._lock = threading.Lock()

    def describe(self) -> Gauges:
        """Return nothing: what there is need not be looked up before anybody asks."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Look everything up at once; what is still being looked up for an earlier reader is not asked twice."""
        deadline = time.monotonic() + self.patience
        with self._lock:
            for look in self.looks:
                if look not in self._under_way or not self._under_way[look].is_alive():
                    self._under_way[look] = _Looking(look)
                    self._under_way[look].start()
            looking = [self._under_way[look] for look in self.looks]
        for one in looking:
            one.join(max(0.0, deadline - time.monotonic()))
            if not one.is_alive():
                yield from one.found


looked_up = LookedUp()
REGISTRY.register(looked_up)


def gauge(look: Look) -> Look:
    """Have a function asked whenever somebody reads the metrics; an app's metrics.py declares its own so."""
    looked_up.looks.append(look)
    return look
