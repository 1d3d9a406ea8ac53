"""The fixtures every test may use; conftest.py at the top brings them in."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from accounts.tokens import verifier
from lifestring.testing.people import Person, connect, make_person

__all__ = [
    "admin",
    "alice",
    "anonymous",
    "bob",
    "charlie",
    "clean_supabase_tables",
    "fresh_verifier",
    "many_connections",
    "mod",
    "together",
]

Together = Callable[..., list[Any]]


@pytest.fixture
def alice(db: None) -> Person:
    """Owns what is tested."""
    return make_person("Alice")


@pytest.fixture
def bob(alice: Person) -> Person:
    """Is connected to alice and a member where she is."""
    bob = make_person("Bob")
    connect(alice, bob)
    return bob


@pytest.fixture
def charlie(db: None) -> Person:
    """Is a stranger."""
    return make_person("Charlie")


@pytest.fixture
def mod(db: None) -> Person:
    """Moderates."""
    return make_person("Mod", is_mod=True)


@pytest.fixture
def admin(db: None) -> Person:
    """Administers."""
    return make_person("Admin", is_admin=True)


@pytest.fixture
def anonymous() -> APIClient:
    """Sends no token."""
    return APIClient()


@pytest.fixture(autouse=True)
def fresh_verifier() -> Iterator[None]:
    """Forget keys and tokens between tests, whose settings differ."""
    verifier.cache_clear()
    yield
    verifier.cache_clear()


@pytest.fixture(autouse=True)
def clean_supabase_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """Empty Supabase's tables after a test that commits: Django's flush knows only managed ones."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or bool(marker and marker.kwargs.get("transaction"))
    if commits:
        blocker: Any = request.getfixturevalue("django_db_blocker")
        with blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE auth.users, public.rooms CASCADE")


@pytest.fixture
def together() -> Together:
    """Return a function that runs callables at once, each in a thread of its own, and returns their results in order.

    Every thread has a database connection of its own, given back at its end; a test needs `transaction=True` for them to
    see its rows. The first exception is raised when all are done.
    """

    def run(*functions: Callable[[], Any]) -> list[Any]:
        barrier = threading.Barrier(len(functions))

        def one(function: Callable[[], Any]) -> Any:
            barrier.wait(timeout=30)
            try:
                return function()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(functions)) as pool:
            running = [pool.submit(one, function) for function in functions]
        return [future.result() for future in running]

    return run


@pytest.fixture
def many_connections() -> Iterator[None]:
    """Let the pool grow to one connection for each of 50 threads, which is what several processes have together."""
    options: Any = connection.settings_dict["OPTIONS"]
    before = options["pool"]
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    options["pool"] = {**before, "max_size": 60}
    yield
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    options["pool"] = before
