"""What workers count: jobs by actor, how they ended, and how long they took; and where a scraper finds it."""

import logging
import time
from typing import Any

from dramatiq.middleware import Middleware
from prometheus_client import start_http_server

from lifestring.telemetry.exposition import registry
from lifestring.telemetry.metrics import GIVEN_UP, JOBS

logger = logging.getLogger(__name__)


class JobMetrics(Middleware):
    """Times jobs.

    Args:
        port: where a worker answers `GET /metrics`, None for nowhere; of several processes the first one does, for all.
    """

    def __init__(self, port: int | None) -> None:
        self.port = port
        self._started: dict[str, float] = {}
        self._server: Any = None

    def after_process_boot(self, broker: Any) -> None:
        """Begin to answer."""
        if self.port is None:
            return
        try:
            self._server, _ = start_http_server(self.port, registry=registry())
        except OSError:
            logger.info("another process answers for this worker's metrics")

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def before_process_message(self, broker: Any, message: Any) -> None:
        """Note when a job begins."""
        self._started[message.message_id] = time.monotonic()

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        """Note how it ended."""
        seconds = time.monotonic() - self._started.pop(message.message_id, time.monotonic())
        JOBS.labels(message.actor_name, "failed" if exception else "done").observe(seconds)

    def after_skip_message(self, broker: Any, message: Any) -> None:
        """Forget one that was not run."""
        self._started.pop(message.message_id, None)

    def after_nack(self, broker: Any, message: Any) -> None:
        """Note one that was given up."""
        GIVEN_UP.labels(message.actor_name).inc()
