"""The fixtures every test may use; conftest.py at the top brings them in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.tokens import verifier
from lifestring.testing.people import Person, connect, make_person

__all__ = ["admin", "alice", "anonymous", "bob", "charlie", "clean_supabase_tables", "fresh_verifier", "mod"]


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
