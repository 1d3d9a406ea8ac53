"""`/up` and `/ready`: whether the process lives, and whether what it needs is there (docs/api.md, Running it)."""

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout
from redis.backoff import NoBackoff
from redis.retry import Retry

from lifestring.error_rendering import error_response
from lifestring.errors import DomainError, ErrorCode
from lifestring.rendering import dumps
from lifestring.schema_health import schema_problems

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
SAFE = ("GET", "HEAD")


def up(request: HttpRequest) -> HttpResponse:
    """Answer while the process lives."""
    if request.method not in SAFE:
        return _not_allowed()
    return HttpResponse(dumps({"status": "ok"}), content_type="application/json")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when every dependency does its part, else 503; each one's state is named."""
    if request.method not in SAFE:
        return _not_allowed()
    checks: dict[str, Callable[[], str]] = {"database": _database, "redis": _redis}
    states = {name: check() for name, check in checks.items()}
    healthy = all(state == "ok" for state in states.values())
    body: dict[str, Any] = {"status": "ok" if healthy else "unavailable", "dependencies": states}
    return HttpResponse(dumps(body), status=200 if healthy else 503, content_type="application/json")


def _not_allowed() -> HttpResponse:
    error = DomainError(
        "This can only be read.", code=ErrorCode.METHOD_NOT_ALLOWED, status=405, headers={"Allow": ", ".join(SAFE)}
    )
    return error_response(error)


def log_schema_problems() -> None:
    """Say at start-up what is wrong with the database; `/ready` keeps the traffic away as long as it is."""
    if (state := _database()) != "ok":
        logger.error("not ready: the database: %s", state)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            # What the schema is like is remembered for a while; whether the database answers must not be.
            cursor.execute("SELECT 1")
        problems = schema_problems()
    except (DatabaseError, PoolTimeout):
        return "unreachable"
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
        return "unreachable"
    return "ok"
