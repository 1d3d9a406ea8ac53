"""`/up` and `/ready`: what they say while everything works, and which part they name when one does not."""

import asyncio
import socketserver
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from lifestring import health
from lifestring.local.ports import free_port
from lifestring.rest_handler import RestHandler, _headers
from lifestring.schema_health import forget_schema_problems
from lifestring.testing import asgi
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import make_token

OK = {"status": "ok", "dependencies": {"database": "ok", "redis": "ok"}}


@pytest.fixture(autouse=True)
def fresh_look() -> Iterator[None]:
    """Forget what was seen of the schema, before and after."""
    forget_schema_problems()
    yield
    forget_schema_problems()


@pytest.fixture
def in_this_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look with the test's own connection, which alone sees what the test has changed."""
    monkeypatch.setattr(health, "_states", lambda: {name: check() for name, check in health.CHECKS.items()})


def ready(client: Client | None = None) -> tuple[int, dict[str, Any]]:
    answer = (client or Client()).get("/ready")
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body.keys() == {"status", "dependencies"}
    assert body["dependencies"].keys() == {"database", "redis"}
    return answer.status_code, body["dependencies"]


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


class Database:
    """The database as this process reaches it."""

    def __init__(self) -> None:
        self.settings: Any = connection.settings_dict
        self.before = (self.settings["PORT"], self.settings["OPTIONS"]["pool"])

    def _reconnect(self, port: str, pool: dict[str, Any]) -> None:
        connections.close_all()
        connection.close_pool()  # type: ignore[attr-defined]
        self.settings["PORT"], self.settings["OPTIONS"]["pool"] = port, pool

    def leave(self, *, patience: float = 0.3) -> None:
        """Be where nobody listens; requests wait `patience` seconds for it."""
        self._reconnect(str(free_port()), {**self.before[1], "timeout": patience})

    def come_back(self) -> None:
        """Be where it was."""
        self._reconnect(*self.before)


@pytest.fixture
def database(transactional_db: None) -> Iterator[Database]:
    found = Database()
    yield found
    found.come_back()


@pytest.fixture
def broken_redis() -> Iterator[Callable[[bytes | None], str]]:
    """Start a server that answers everything with the same bytes, or with silence; returns its URL."""
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        reply: bytes | None = None

        def handle(self) -> None:
            if self.reply is None:
                over.wait(10)
            else:
                self.request.recv(1000)
                self.request.sendall(self.reply)

    def start(reply: bytes | None) -> str:
        Handler.reply = reply
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return f"redis://127.0.0.1:{server.server_address[1]}/0"

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        yield start
        over.set()
        server.shutdown()


@pytest.mark.django_db
class TestWhileEverythingWorks:
    def test_both_say_so(self):
        up = Client().get("/up")
        assert (up.status_code, up.json(), up.headers["Content-Type"]) == (200, {"status": "ok"}, "application/json")
        answer = Client().get("/ready")
        assert (answer.status_code, answer.json()) == (200, OK)

    @pytest.mark.parametrize("path", ["/up/", "/ready/", "/up//", "/ready?x=1"])
    def test_a_slash_or_a_question_makes_no_difference(self, path: str):
        answer = Client().get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")

    @pytest.mark.parametrize("token", ["", "Bearer x", "Basic eDp5"])
    @pytest.mark.parametrize("path", ["/up", "/ready"])
    def test_no_token_is_asked_for_or_looked_at(self, path: str, token: str):
        assert Client().get(path, headers={"Authorization": token}).status_code == 200

    @pytest.mark.parametrize("path", ["/up", "/ready"])
    def test_they_can_only_be_read(self, path: str):
        assert (Client().head(path).status_code, Client().head(path).content) == (200, b"")
        for method in ("post", "put", "patch", "delete"):
            assert_error(getattr(Client(), method)(path), 405, "method_not_allowed")

    @pytest.mark.parametrize("path", ["/ups", "/up/x", "/api/up", "/api/ready", "/readyz"])
    def test_nothing_else_is_taken_for_them(self, path: str):
        assert Client().get(path).status_code == 404

    def test_a_look_costs_next_to_nothing(self, in_this_transaction: None, django_assert_num_queries: Any):
        assert ready()[0] == 200
        with django_assert_num_queries(1):
            assert ready()[0] == 200
        with django_assert_num_queries(0):
            Client().get("/up")


class TestWithoutTheDatabase:
    def test_it_is_named_at_once_even_right_after_all_was_well(self, database: Database):
        assert ready() == (200, OK["dependencies"])
        database.leave()
        assert ready() == (503, {"database": "unreachable", "redis": "ok"})
        assert Client().get("/up").status_code == 200
        database.come_back()
        assert ready() == (200, OK["dependencies"])

    def test_nobody_waits_for_it_as_long_as_requests_do(self, database: Database):
        app = RestHandler(threads=2, max_body_bytes=10)
        signed_in = [("Authorization", f"Bearer {make_token(uuid.uuid4())}")]

        async def ask() -> tuple[list[tuple[int, float]], list[bool], list[int]]:
            stuck = [
                asyncio.create_task(asgi.serve(app, asgi.scope("GET", "/api/me", headers=signed_in))) for _ in "ab"
            ]
            await asyncio.sleep(0.1)
            started, seen = time.monotonic(), []
            for method, path in (("GET", "/up"), ("HEAD", "/up"), ("GET", "/up/"), ("GET", "/ready")):
                answer = await asgi.serve(app, asgi.scope(method, path))
                seen.append((answer.status_code, time.monotonic() - started))
            waiting = [not task.done() for task in stuck]
            return seen, waiting, [(await task).status_code for task in stuck]

        database.leave(patience=3)
        seen, waiting, others = asyncio.run(ask())
        assert [status for status, _ in seen] == [200, 200, 200, 503]
        assert seen[2][1] < 0.2, "no thread was waited for"
        assert seen[3][1] < health.TIMEOUT_SECONDS + 0.5
        assert (waiting, others) == ([True, True], [503, 503])
        app.workers.shutdown()

    def test_nothing_is_told_of_where_it_was(self, database: Database):
        database.leave()
        answer = Client().get("/ready").content.decode()
        for secret in (database.settings["PORT"], database.settings["NAME"], database.settings["USER"], "127.0.0.1"):
            assert secret not in answer

    def test_start_up_logs_it_and_goes_on(self, database: Database, caplog: pytest.LogCaptureFixture):
        database.leave()
        health.log_schema_problems()
        assert "not ready: the database: unreachable" in caplog.text

    def test_a_restart_of_it_is_got_over(self, database: Database):
        app = RestHandler(threads=1, max_body_bytes=10)
        assert asgi.call(app, "GET", "/ready").status_code == 200
        execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        statuses = [asgi.call(app, "GET", "/ready").status_code for _ in range(20)]
        assert statuses[-1] == 200
        assert set(statuses) <= {200, 503}
        app.workers.shutdown()


@pytest.mark.django_db
@pytest.mark.usefixtures("in_this_transaction")
class TestWithTheWrongDatabase:
    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ("SET LOCAL search_path = public, extensions", "current_schema() is public, not django"),
            ("SET LOCAL search_path = nothing", "current_schema() is nothing, not django"),
            ("SET LOCAL search_path = django, public", "extensions is not in search_path"),
            ("ALTER SCHEMA django RENAME TO elsewhere", "The schema django does not exist yet"),
            ("ALTER TABLE public.strings DROP COLUMN likes_count", "public.strings.likes_count"),
            ("ALTER TABLE public.rooms RENAME TO rooms_before", "public.rooms"),
            ("ALTER TABLE auth.users DROP COLUMN banned_until", "auth.users.banned_until"),
            ("DELETE FROM django.django_migrations WHERE app = 'accounts'", "the first is accounts.0001_initial"),
            ("DROP TABLE django.django_migrations", "migrations have not been applied yet"),
        ],
    )
    def test_what_is_wrong_is_named(self, change: str, named: str):
        execute(change)
        status, states = ready()
        assert status == 503
        assert named in states["database"]
        assert states["redis"] == "ok"
        assert Client().get("/up").status_code == 200

    def test_start_up_logs_it_too(self, caplog: pytest.LogCaptureFixture):
        execute("ALTER TABLE public.strings DROP COLUMN likes_count")
        health.log_schema_problems()
        assert "not ready: the database: public.strings.likes_count" in caplog.text

    def test_repaired_it_is_well_again(self):
        execute("ALTER TABLE public.rooms RENAME TO rooms_before")
        assert ready()[0] == 503
        execute("ALTER TABLE public.rooms_before RENAME TO rooms")
        forget_schema_problems()
        assert ready() == (200, OK["dependencies"])


@pytest.mark.django_db
class TestWithoutRedis:
    def test_it_is_named_at_once(self, settings: Any):
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
        started = time.monotonic()
        assert ready() == (503, {"database": "ok", "redis": "unreachable"})
        assert time.monotonic() - started < health.TIMEOUT_SECONDS
        assert Client().get("/up").status_code == 200

    @pytest.mark.parametrize(
        "reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-NOAUTH Authentication required.\r\n", b"", b"\x00" * 99]
    )
    def test_something_else_in_its_place_is_no_redis(
        self, broken_redis: Any, settings: Any, reply: bytes, monkeypatch: Any
    ):
        monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.3)
        settings.REDIS_URL = broken_redis(reply)
        assert ready() == (503, {"database": "ok", "redis": "unreachable"})

    def test_one_that_keeps_silent_is_not_waited_for_long(self, broken_redis: Any, settings: Any, monkeypatch: Any):
        assert health.TIMEOUT_SECONDS <= 3
        monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.3)
        settings.REDIS_URL = broken_redis(None)
        started = time.monotonic()
        assert ready()[1]["redis"] == "unreachable"
        assert time.monotonic() - started < 2

    def test_a_password_it_does_not_know_is_refused(self, settings: Any):
        settings.REDIS_URL = settings.REDIS_URL.replace("redis://", "redis://nobody:wrong-password@")
        status, states = ready()
        assert (status, states["redis"]) == (503, "unreachable")

    def test_both_away_are_both_named(self, database: Database, settings: Any):
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
        database.leave()
        assert ready() == (503, {"database": "unreachable", "redis": "unreachable"})


def test_a_process_that_was_told_to_stop_is_not_ready_and_closes_connections(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lifestring.draining.has_begun", lambda: True)
    answer = Client().get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "dependencies": {"process": "stopping"}}
    answer = Client().get("/up")
    assert answer.status_code == 200
    assert (b"connection", b"close") in _headers(answer)
