"""The service works behind a pooler in transaction mode (docs/deploy.md, search_path)."""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from lifestring.local.ports import free_port
from lifestring.local.processes import wait_until
from lifestring.local.state import PROJECT
from lifestring.testing.people import Person, make_token
from lifestring.testing.pgbouncer import Pooler, pooler

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pooled() -> Iterator[Pooler]:
    with pooler() as running:
        yield running


@contextlib.contextmanager
def web(pool: Pooler) -> Iterator[httpx2.Client]:
    """Run the real web process on the pooler and speak to it."""
    port = free_port()
    command = [
        "uvicorn",
        "lifestring.asgi:application",
        "--port",
        str(port),
        "--lifespan",
        "off",
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": pool.url,
            "DATABASE_POOL_MODE": "transaction",
            "DATABASE_POOL_MAX": "8",
            "SOCKET_THREADS": "4",
        },
        start_new_session=True,
    )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            assert wait_until(lambda: _is_up(client) or process.poll() is not None, timeout=30)
            assert process.poll() is None
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _is_up(client: httpx2.Client) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        return client.get("/up").status_code == 200
    return False


def token(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(person.user_id)}"}


def test_the_main_job_works(alice: Person, bob: Person, pooled: Pooler) -> None:
    with web(pooled) as client:
        assert client.get("/ready").json() == {"status": "ok", "dependencies": {"database": "ok", "redis": "ok"}}
        created = client.post("/api/strings", json={"content_text": "Through the pool"}, headers=token(alice))
        assert created.status_code == 201, created.text
        string_id = created.json()["data"]["id"]
        liked = client.put(f"/api/strings/{string_id}/like", headers=token(bob))
        assert (liked.status_code, liked.json()["likes_count"]) == (200, 1)
        commented = client.post(f"/api/strings/{string_id}/comments", json={"content": "Nice"}, headers=token(bob))
        assert commented.status_code == 201, commented.text
        listed = client.get("/api/strings", headers=token(alice)).json()["data"]
        assert [(row["id"], row["likes_count"], row["comments_count"]) for row in listed] == [(string_id, 1, 1)]
        exported = client.get("/api/me/export", headers=token(alice)).json()
        assert [row["id"] for row in exported["data"]["strings"]] == [string_id]

    assert pooled.ask("SELECT current_schema() AS found") == [{"found": "django"}]
    pools = [row for row in pooled.ask("SHOW POOLS", database="pgbouncer") if row["database"] == pooled.database]
    assert {row["pool_mode"] for row in pools} == {"transaction"}


def test_more_requests_at_once_than_the_pool_has_connections(alice: Person, pooled: Pooler) -> None:
    with web(pooled) as client, ThreadPoolExecutor(12) as threads:

        def post(number: int) -> int:
            answer = client.post("/api/strings", json={"content_text": f"Number {number}"}, headers=token(alice))
            return answer.status_code

        assert set(threads.map(post, range(36))) == {201}
        assert client.get("/api/strings", headers=token(alice)).json()["meta"]["total"] == 36


def test_the_same_key_at_once_creates_one_string(alice: Person, pooled: Pooler) -> None:
    key = str(uuid.uuid4())
    headers = {**token(alice), "Idempotency-Key": key}
    with web(pooled) as client, ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: client.post("/api/strings", json={"content_text": "Once"}, headers=headers), range(8))
        )

        assert len({answer.json()["data"]["id"] for answer in answers}) == 1
        assert client.get("/api/strings", headers=token(alice)).json()["meta"]["total"] == 1


def test_a_role_without_the_search_path_is_not_ready_and_says_why(alice: Person) -> None:
    with pooler(search_path="") as pooled, web(pooled) as client:
        answer = client.get("/ready")

        assert answer.status_code == 503
        assert "search_path" in answer.json()["dependencies"]["database"]
