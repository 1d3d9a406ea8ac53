"""The pytest plugin that gives a test run its own PostgreSQL and Redis, before Django's settings are read.

One PostgreSQL serves the run (pytest-django gives each xdist worker its own database in it); every worker has a Redis
to itself, because Redis's publish/subscribe knows no databases. TEST_DATABASE_URL and TEST_REDIS_URL name servers to
use instead; a given Redis is shared, each worker in its own database of it.
"""

import os
from collections.abc import Generator
from urllib.parse import urlsplit, urlunsplit

import pytest

from lifestring.local.processes import LocalError
from lifestring.testing.environment import NO_SERVER, ServerProcess, export

_servers = ServerProcess()


def _given_redis(url: str, worker: str) -> str:
    number = int(worker.removeprefix("gw") or 0) if worker else 0
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def _server_urls(worker: str) -> dict[str, str]:
    """The servers of this process: `worker` is xdist's name for it, empty in the process that was called."""
    given = {
        "database_url": os.environ["DATABASE_URL"] if worker else os.environ.get("TEST_DATABASE_URL", ""),
        "redis_url": os.environ.get("TEST_REDIS_URL", ""),
    }
    if given["redis_url"]:
        given["redis_url"] = _given_redis(given["redis_url"], worker)
    wanted = [name for name, url in zip(("postgres", "redis"), given.values(), strict=True) if not url]
    return {**given, **(_servers.start(*wanted) if wanted else {})}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start the servers before pytest-django, which hooks in here as well, reads the settings."""
    options = early_config.known_args_namespace
    idle = options.help or options.version or getattr(options, "collectonly", False)
    try:
        export(NO_SERVER if idle else _server_urls(os.environ.get("PYTEST_XDIST_WORKER", "")))
    except LocalError as error:
        raise pytest.UsageError(str(error)) from None
    return (yield)


def pytest_unconfigure() -> None:
    """Stop the servers; where pytest never comes to this, they notice by themselves."""
    _servers.stop()
