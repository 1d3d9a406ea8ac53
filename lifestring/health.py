"""`/up` and `/ready`: whether the process lives, and whether what it needs is there (docs/api.md, Running it)."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout
from redis.backoff import NoBackoff
from redis.retry import Retry

from lifestring import draining
from lifestring.error_rendering import error_response
from lifestring.errors import DomainError, ErrorCode
from lifestring.rendering import dumps
from lifestring.schema_health import schema_problems

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
UNREACHABLE = "unreachable"
SAFE = ("GET", "HEAD")


def up(request: HttpRequest) -> HttpResponse:
    """Answer while the process lives; RestHandler runs this on the event loop, so nothing here may wait."""
    if request.method not in SAFE:
        return only_readable()
    return HttpResponse(dumps({"status": "ok"}), content_type="application/json")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when every dependency does its part, else 503; each one's state is named, within two seconds or so.

    A process that has been told to stop is not ready, whatever its dependencies are.
    """
    if request.method not in SAFE:
        return only_readable()
    states = {"process": "stopping"} if draining.has_begun() else _states()
    healthy = all(state == "ok" for state in states.values())
    body: dict[str, Any] = {"status": "ok" if healthy else "unavailable", "dependencies": states}
    return HttpResponse(dumps(body), status=200 if healthy else 503, content_type="application/json")


def only_readable() -> HttpResponse:
    """Answer a method that is none of `SAFE` with 405."""
    error = DomainError(
        "This can only be read.", code=ErrorCode.METHOD_NOT_ALLOWED, status=405, headers={"Allow": ", ".join(SAFE)}
    )
    return error_response(error)


def log_schema_problems() -> None:
    """Say at start-up what is wrong with the database; `/ready` keeps the traffic away as long as it is."""
    if (state := _states()["database"]) != "ok":
        logger.error("not ready: the database: %s", state)


class _Look(threading.Thread):
    """One look at a dependency. Who asks waits for it only so long; the pool's own patience is longer on purpose."""

    def __init__(self, check: Callable[[], str]) -> None:
        super().__init__(name="look", daemon=True)
        self.check = check
        self.state = UNREACHABLE

    def run(self) -> None:
        try:
            self.state = self.check()
        except Exception:
            logger.exception("a look at a dependency failed")
        finally:
            connections.close_all()


def _states() -> dict[str, str]:
    """Look at all dependencies at once; one that is still being looked at for somebody else is not asked twice."""
    with _lock:
        for name, check in CHECKS.items():
            if name not in _looks or not _looks[name].is_alive():
                _looks[name] = _Look(check)
                _looks[name].start()
        looks = dict(_looks)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    for look in looks.values():
        look.join(max(0.0, deadline - time.monotonic()))
    return {name: look.state for name, look in looks.items()}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            # What the schema is like is remembered for a while; whether the database answers must not be.
            cursor.execute("SELECT 1")
        problems = schema_problems()
    except (DatabaseError, PoolTimeout):
        return UNREACHABLE
    return " ".join(problems) or "ok"


def _redis() -> str:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            client.ping()
    except redis.RedisError:
        return UNREACHABLE
    return "ok"


CHECKS: dict[str, Callable[[], str]] = {"database": _database, "redis": _redis}
_looks: dict[str, _Look] = {}
_lock = threading.Lock()
