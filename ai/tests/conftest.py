"""A model's server on loopback, the queue of embeddings, and workers for it."""

from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
from django.core.cache import cache
from dramatiq import Worker

from ai import query_vectors
from ai.clients.embeddings import client
from ai.clients.parameters import forget_unknown
from ai.tasks import embed_string, embed_user
from ai.tests.jobs import EmbeddingJobs
from lifestring.testing.openai_server import ModelServer, serve_models
from lifestring.testing.people import Person, make_person


@pytest.fixture
def models(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A server that embeds, set up as an operator would; a busy machine may take its time."""
    monkeypatch.setattr(query_vectors, "PATIENCE_SECONDS", 15.0)
    with serve_models() as server:
        server.api_key = "sk-test"
        settings.EMBEDDINGS = True
        settings.EMBED_BASE_URL = server.url
        settings.EMBED_API_KEY = server.api_key
        cache.clear()
        yield server
        client(settings.EMBED_BASE_URL, settings.EMBED_API_KEY).close()
        client.cache_clear()
        cache.clear()


@pytest.fixture
def chatting(settings: Any) -> Iterator[ModelServer]:
    """A server that chats and moderates, set up as an operator would."""
    with serve_models() as server:
        server.api_key = "sk-test"
        settings.ASSISTANT = True
        settings.OPENAI_BASE_URL = server.url
        settings.OPENAI_API_KEY = server.api_key
        yield server
        forget_unknown()


@pytest.fixture
def bot(settings: Any, db: None) -> Person:
    """The account that speaks for the assistant, set up as an operator would."""
    bot = make_person("Lifestring Assistant")
    settings.AI_BOT_USER_ID = str(bot.user_id)
    return bot


@pytest.fixture
def assistant(chatting: ModelServer, bot: Person) -> ModelServer:
    """The server of an assistant that is ready to answer."""
    return chatting


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingJobs]:
    """An empty queue, whose jobs are tried again within milliseconds rather than minutes."""
    broker: Any = dramatiq.get_broker()
    broker.flush_all()
    for actor in (embed_string, embed_user):
        for option, milliseconds in (("min_backoff", 20), ("max_backoff", 40)):
            monkeypatch.setitem(actor.options, option, milliseconds)
    yield EmbeddingJobs(broker)
    broker.flush_all()


@pytest.fixture
def worker(jobs: EmbeddingJobs) -> Iterator[None]:
    """A worker with two threads."""
    worker = Worker(jobs.broker, queues={"embeddings", "embeddings.DQ"}, worker_timeout=20, worker_threads=2)
    worker.start()
    yield
    worker.stop(timeout=10_000)
