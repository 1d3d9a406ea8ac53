"""After a restart of PostgreSQL the pool holds dead connections only; no request meets one."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import environ
import pytest
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.urls import path

from lifestring.db import service
from lifestring.local.postgres import EmbeddedPostgres
from lifestring.postgres.base import cut_off
from lifestring.rest_handler import RestHandler
from lifestring.testing import asgi

pytestmark = [pytest.mark.serial, pytest.mark.xdist_group("serial"), pytest.mark.urls(__name__)]

STALE = 6
handler500 = "lifestring.error_rendering.server_error"


def read(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        # Long enough for as many requests as there are to need a connection each.
        cursor.execute("SELECT pg_sleep(0.1), pg_backend_pid()")
        return HttpResponse(str(cursor.fetchone()[1]))


@service
def _store() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO written VALUES (pg_backend_pid())")


def write(request: HttpRequest) -> HttpResponse:
    _store()
    return HttpResponse()


urlpatterns = [path("read", read), path("write", write)]


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A server of its own: others may not lose theirs."""
    with tempfile.TemporaryDirectory(prefix="lifestring-local-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder), durable=False)
        server.start()
        yield server
        server.destroy()


@pytest.fixture
def database(postgres: EmbeddedPostgres, django_db_blocker: Any) -> Iterator[EmbeddedPostgres]:
    """This process's database, for one test."""
    given: dict[str, Any] = environ.Env.db_url_config(postgres.url)
    settings: Any = connection.settings_dict
    before = dict(settings)

    def reconnect(values: dict[str, Any]) -> None:
        connections.close_all()
        connection.close_pool()  # type: ignore[attr-defined]
        settings.update(values)

    with django_db_blocker.unblock():
        reconnect({name: given[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")})
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS written (pid integer)")
            cursor.execute("TRUNCATE written")
        connections.close_all()
        yield postgres
        reconnect(before)


@pytest.fixture
def app(database: EmbeddedPostgres) -> Iterator[RestHandler]:
    handler = RestHandler(threads=STALE, max_body_bytes=10)
    yield handler
    handler.workers.shutdown()


def at_once(app: RestHandler, method: str, url: str, count: int = STALE) -> list[asgi.Answer]:
    async def ask() -> list[asgi.Answer]:
        return await asyncio.gather(*(asgi.serve(app, asgi.scope(method, url)) for _ in range(count)))

    return asyncio.run(ask())


def restart(server: EmbeddedPostgres) -> None:
    server.stop()
    server.start()


@pytest.mark.parametrize(("method", "url"), [("GET", "/read"), ("POST", "/write")])
def test_no_request_fails_although_every_connection_is_dead(
    app: RestHandler, database: EmbeddedPostgres, method: str, url: str
):
    before: set[bytes] = set()
    for _ in range(20):
        before |= {answer.content for answer in at_once(app, "GET", "/read")}
        if len(before) >= STALE:
            break
    assert len(before) >= STALE, "so many connections wait in the pool"
    restart(database)
    assert [answer.status_code for answer in at_once(app, method, url)] == [200] * STALE
    after = [answer.content for answer in at_once(app, "GET", "/read", 2 * STALE)]
    assert before.isdisjoint(after)
    if method == "POST":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM written")
            assert cursor.fetchone() == (STALE,)


def test_requests_that_come_meanwhile_wait_for_it(app: RestHandler, database: EmbeddedPostgres):
    at_once(app, "GET", "/read")

    async def ask() -> list[int]:
        await asyncio.to_thread(database.stop)
        asked = [asyncio.create_task(asgi.serve(app, asgi.scope("GET", "/read"))) for _ in range(STALE)]
        await asyncio.sleep(0.2)
        assert not any(task.done() for task in asked)
        await asyncio.to_thread(database.start)
        return [(await task).status_code for task in asked]

    assert asyncio.run(ask()) == [200] * STALE


def test_a_connection_with_something_to_say_is_kept(database: EmbeddedPostgres):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
        raw: Any = connection.connection
        assert not cut_off(raw)
        cursor.execute("LISTEN something; NOTIFY something")
        assert not cut_off(raw)
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == (pid,)
        raw.close()
        assert cut_off(raw)
    connection.close()
