"""`make bench ARGS=pool_check`: what it costs to know that a pooled connection is alive before it is used.

Three ways in one process, taken in turn, request by request: not at all, looking whether the server has hung up (what we
do), and asking it (what Django's CONN_HEALTH_CHECKS does). Requests run one after the other from routing to rendering;
PostgreSQL is on the same machine, which is where asking is cheapest.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

REQUESTS = 1500
WARM_UP = 50
ROUTES = {"/me": "/api/me", "feed by cursor": "/api/strings?cursor="}


def run(_arguments: list[str]) -> None:
    """Measure and print the table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
    os.environ["LOG_LEVEL"] = "WARNING"
    import django

    django.setup()
    from psycopg_pool import ConnectionPool

    from benchmarks import plans, world
    from lifestring.postgres import base
    from lifestring.rest_handler import RestHandler
    from lifestring.testing import asgi

    world.build()
    ways: dict[str, Callable[[Any], bool]] = {
        "not at all": lambda _: False,
        "looking": base.cut_off,
        "asking": lambda connection: bool(ConnectionPool.check_connection(connection)),
    }
    handler = RestHandler(threads=1, max_body_bytes=1000)
    headers = [("Authorization", f"Bearer {plans.token()}")]
    print(f"\n{'route':20} {'way':12} {'ms':>8} {'ratio':>7}")
    for name, address in ROUTES.items():
        path, _, query = address.partition("?")
        scope: Any = asgi.scope("GET", path, query=query.encode(), headers=headers)
        seen = _measure(lambda scope=scope: handler._serve(scope, b"", None).status_code, base, ways)  # type: ignore[misc]
        off = statistics.median(seen["not at all"])
        for way, times in seen.items():
            median = statistics.median(times)
            print(f"{name:20} {way:12} {median:8.3f} {median / off:7.3f}")


def _measure(ask: Callable[[], int], base: Any, ways: dict[str, Callable[[Any], bool]]) -> dict[str, list[float]]:
    """Milliseconds of each request, by way."""
    seen: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(REQUESTS + WARM_UP):
        for way, check in ways.items():
            base.cut_off = check
            started = time.perf_counter()
            status = ask()
            if status != 200:
                raise RuntimeError(f"the answer was {status}")
            if number >= WARM_UP:
                seen[way].append((time.perf_counter() - started) * 1000)
    return seen
