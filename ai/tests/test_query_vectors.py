"""What a question means, whatever becomes of the server that knows: nobody waits long, and nobody pays twice."""

import socket
import threading
import time
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import override_settings

from ai import query_vectors
from ai.breaker import Breaker
from ai.embedding import embeddings_sweep
from ai.nearness import BACKGROUND, floor_of, normal
from ai.query_vectors import query_vector
from ai.tests.jobs import eventually
from lifestring.local.ports import free_port
from lifestring.testing.fixtures import Together
from lifestring.testing.openai_server import GARBAGE, HTML, ModelServer, Reply, failure, too_many
from lifestring.testing.people import Person
from lifestring.testing.word_vectors import vector_of
from strings.models import String

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def something_stored(models: ModelServer, alice: Person) -> None:
    """A string with its vector, before anything is asked."""
    String.objects.create(user_id=alice.user_id, content_text="My bicycle")
    embeddings_sweep()
    models.requests.clear()


@pytest.fixture(autouse=True)
def forgiving(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    """No server is left alone yet."""
    breaker = Breaker()
    monkeypatch.setattr(query_vectors, "_breaker", breaker)
    return breaker


def test_is_asked_once_and_then_remembered(models: ModelServer):
    first = query_vector("velo")
    assert first
    assert first.meanings[0][0].model == "text-embedding-3-small"
    assert first.meanings[0][0].vector == pytest.approx(vector_of("velo"), abs=1e-6)
    assert query_vector("  velo\t") == first
    assert models.inputs == ["velo", *BACKGROUND]
    # What the background means is asked once in a process.
    assert query_vector("jazz")
    assert models.inputs[-1] == "jazz"
    assert len(models.requests) == 2


@pytest.mark.parametrize("reply", [failure(500), failure(401), HTML, GARBAGE, Reply(200, {"data": []}), too_many(5)])
def test_a_server_that_fails_is_left_alone_for_a_while(
    models: ModelServer, reply: Reply, forgiving: Breaker, bob: Person, monkeypatch: pytest.MonkeyPatch
):
    models.replies = [reply]
    assert query_vector("velo") is None
    assert query_vector("jazz") is None
    answer = bob.client.get("/api/search?q=bicycle&type=strings").json()
    assert answer["meta"]["mode"] == "text"
    assert len(answer["data"]["strings"]) == 1
    assert len(models.requests) == 1

    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + 6)
    assert query_vector("velo")
    assert query_vector("jazz")


def test_pauses_double_up_to_a_minute_and_end_with_success(monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    breaker = Breaker()
    for pause in (2, 4, 8, 16, 32, 60, 60):
        breaker.failed("server")
        now += pause - 0.01
        assert breaker.is_open("server")
        now += 0.02
        assert not breaker.is_open("server")
    breaker.succeeded("server")
    breaker.failed("server", asked_for=10_000.0)
    now += 60.01
    assert not breaker.is_open("server")
    assert not breaker.is_open("another")


def test_a_slow_server_is_waited_for_no_longer_than_is_bearable(
    models: ModelServer, monkeypatch: pytest.MonkeyPatch, bob: Person
):
    monkeypatch.setattr(query_vectors, "PATIENCE_SECONDS", 0.2)
    models.delay = 2.0
    started = time.monotonic()
    assert bob.client.get("/api/search?q=velo").json()["meta"]["mode"] == "text"
    assert time.monotonic() - started < 2.0
    # Its answer serves whoever asks the same next, though it is left alone by then.
    eventually(lambda: query_vector("velo"))
    assert len(models.requests) == 1


def test_a_server_that_drips_is_not_waited_for_either(models: ModelServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(query_vectors, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(query_vectors, "DEADLINE_SECONDS", 0.4)
    models.replies = [Reply(200, b"{" + b" " * 100, delay_per_byte=0.03)]
    started = time.monotonic()
    assert query_vector("velo") is None
    assert time.monotonic() - started < 2.0
    eventually(lambda: query_vectors._slots._value == query_vectors.MOST_WAITING)


@pytest.mark.django_db(transaction=True)
def test_only_half_of_the_threads_wait_at_once(
    models: ModelServer, bob: Person, together: Together, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(query_vectors, "PATIENCE_SECONDS", 20.0)
    answered, all_others = threading.Semaphore(0), threading.Event()
    models.before = lambda _: all_others.wait(15) and None

    def search(question: str) -> str:
        answer = bob.client.get("/api/search", {"q": question, "type": "strings"})
        answered.release()
        mode: str = answer.json()["meta"]["mode"]
        return mode

    def let_go() -> str:
        for _ in range(8 - query_vectors.MOST_WAITING):
            assert answered.acquire(timeout=15)
        all_others.set()
        return ""

    modes = together(*(partial(search, f"question{n}") for n in range(8)), let_go)
    assert query_vectors.MOST_WAITING == 2
    assert sorted(modes[:-1]) == ["hybrid"] * 2 + ["text"] * 6
    assert len(models.requests) == 2


def test_what_the_model_refuses_is_not_asked_again(models: ModelServer):
    models.refuses = "bad"
    assert query_vector("bad") is None
    assert query_vector("bad") is None
    assert len(models.requests) == 1
    assert query_vector("good")


def test_while_redis_is_away_it_is_asked_each_time(models: ModelServer):
    url = f"redis://127.0.0.1:{free_port()}"
    caches = {"default": {**django_settings.CACHES["default"], "LOCATION": url}}
    with override_settings(CACHES=caches):
        first = query_vector("velo")
        assert first
        assert query_vector("velo") == first
    assert len(models.requests) == 2


def test_a_redis_that_hangs_keeps_nobody(models: ModelServer):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        given: dict[str, Any] = django_settings.CACHES["default"]
        options = {name: 0.1 for name, seconds in given["OPTIONS"].items() if seconds <= 2}
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        with override_settings(CACHES={"default": {**given, "LOCATION": url, "OPTIONS": options}}):
            started = time.monotonic()
            assert query_vector("velo")
            assert time.monotonic() - started < 5


def test_a_question_is_kept_under_no_name_that_tells_it(models: ModelServer):
    assert query_vector("velo")
    client: Any = cache._cache.get_client()  # type: ignore[attr-defined]
    assert client.keys("*search:vector:*")
    assert not client.keys("*velo*")


def test_the_floor_goes_with_what_a_model_takes_for_near():
    """Whether unrelated texts are nearly at right angles to it, or all point nearly the same way."""
    background = [vector_of(text) for text in BACKGROUND]
    question, near, far = (vector_of(text) for text in ("bicycle", "my bicycle and its bell", "the soup is too hot"))
    for shift in (0.0, 0.05):
        moved = [normal([number + shift for number in one]) for one in (question, near, far, *background)]
        floor = floor_of(moved[0], moved[3:])
        nearer, further = (sum(a * b for a, b in zip(moved[0], one, strict=True)) for one in moved[1:3])
        assert nearer > floor > further, shift
