"""What is seen of jobs: by actor, how they ended and how long they took, and where a scraper finds it; a log line each."""

import logging
import time
from typing import Any

from dramatiq.middleware import Middleware
from prometheus_client import start_http_server

from lifestring.context import current_request_id, set_request_id
from lifestring.telemetry.exposition import registry
from lifestring.telemetry.metrics import GIVEN_UP, JOBS
from lifestring.telemetry.statements import Statements, count_statements

logger = logging.getLogger("lifestring.jobs")


class JobMetrics(Middleware):
    """Times and logs jobs; each keeps the request id of what it came from.

    Args:
        port: where a worker answers `GET /metrics`, None for nowhere; of several processes the first one does, for all.
    """

    def __init__(self, port: int | None) -> None:
        self.port = port
        self._started: dict[str, tuple[float, Statements]] = {}
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

    def before_enqueue(self, broker: Any, message: Any, delay: Any) -> None:
        """Write the request's id into the message; a retry keeps the one it has."""
        message.options.setdefault("request_id", current_request_id())

    def before_process_message(self, broker: Any, message: Any) -> None:
        """Note when a job begins."""
        set_request_id(message.options.get("request_id", "-"))
        self._started[message.message_id] = (time.monotonic(), count_statements())

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        """Note how it ended."""
        started, statements = self._started.pop(message.message_id, (time.monotonic(), Statements()))
        seconds, outcome = time.monotonic() - started, "failed" if exception else "done"
        JOBS.labels(message.actor_name, outcome).observe(seconds)
        fields = {
            "actor": message.actor_name,
            "outcome": outcome,
            "duration_ms": round(seconds * 1000, 1),
            "queries": statements.count,
            "database_ms": round(statements.seconds * 1000, 1),
        }
        logger.info("%s %s %.1fms", message.actor_name, outcome, seconds * 1000, extra={"fields": fields})
        set_request_id("-")

    def after_skip_message(self, broker: Any, message: Any) -> None:
        """Forget one that was not run."""
        self._started.pop(message.message_id, None)
        set_request_id("-")

    def after_nack(self, broker: Any, message: Any) -> None:
        """Note one that was given up."""
        GIVEN_UP.labels(message.actor_name).inc()
