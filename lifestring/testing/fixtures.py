"""The fixtures every test may use; conftest.py at the top brings them in."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test import TransactionTestCase, override_settings
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.tokens import verifier
from lifestring.local.processes import wait_until
from lifestring.telemetry import tracing
from lifestring.testing.people import Person, connect, make_person

__all__ = [
    "admin",
    "alice",
    "anonymous",
    "bob",
    "charlie",
    "django_db_setup",
    "fresh_verifier",
    "many_connections",
    "mod",
    "quick_surroundings",
    "spans",
    "together",
]

Together = Callable[..., list[Any]]

# All but what migrations, or Supabase's own files, put there once and for all.
_EMPTY = """
DO $$
DECLARE
    name text;
    has_rows boolean;
    filled text[] := '{}';
BEGIN
    FOR name IN
        SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
         WHERE schemaname IN ('public', 'auth', 'django')
           AND tablename NOT IN ('enneagrams', 'django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO has_rows;
        IF has_rows THEN
            filled := filled || name;
        END IF;
    END LOOP;
    BEGIN
        -- Without foreign keys, in any order; a hundred times quicker than TRUNCATE, which makes new files.
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY filled LOOP
            EXECUTE format('DELETE FROM %s', name);
        END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN
        -- The trail is append-only for everybody but its owner.
        ALTER TABLE django.moderation_auditentry DISABLE TRIGGER USER;
        EXECUTE format('TRUNCATE %s CASCADE', array_to_string(filled, ', '));
        ALTER TABLE django.moderation_auditentry ENABLE TRIGGER USER;
    END;
END $$
"""


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
def spans() -> Iterator[InMemorySpanExporter]:
    """What was traced."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.use(None)
    provider.shutdown()


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


@pytest.fixture(scope="session", autouse=True)
def quick_surroundings() -> Iterator[None]:
    """Do for all tests together what each would do again, at a price that was half of the run's.

    Every test client loads the middleware, and WhiteNoise then reads and describes each static file there is. After a test
    that commits, Django empties all tables of managed models, makes content types and permissions anew, and leaves
    Supabase's tables as they are; here every table that has rows is emptied, and those two are kept. Hashes of staff
    passwords take their time on purpose, also for whoever is unknown.
    """
    look_up = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def add_files(middleware: Any) -> None:
        if not found:
            look_up(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    def empty(_: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_EMPTY)

    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers), pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files)
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Take the database away only when nobody is on it: a pool may still be making the connections it was asked for."""
    yield

    def is_left() -> bool:
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name])
            return bool(cursor.fetchone()[0] == 0)

    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        with connection._nodb_cursor() as cursor:
            # A thread that is late finds the door closed, instead of the database going from under it.
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connections.close_all()
        connection.close_pool()  # type: ignore[attr-defined]
        wait_until(is_left, timeout=10)


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
