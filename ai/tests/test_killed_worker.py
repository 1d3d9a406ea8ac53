"""A worker that is killed amid a batch: another one finishes, and nothing that was stored is paid for again."""

from collections import Counter

import pytest
from dramatiq import Worker

from ai.embedding import BATCH
from ai.models import StringEmbedding
from ai.tests.embedding_worker import start_worker
from ai.tests.jobs import EmbeddingJobs, eventually, hash_of
from lifestring.testing.openai_server import ModelServer
from lifestring.testing.people import Person
from strings.models import String

MANY = 250


@pytest.mark.django_db(transaction=True)
def test_another_worker_finishes_and_pays_only_for_what_was_not_stored(
    models: ModelServer, jobs: EmbeddingJobs, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    written = [String(user_id=alice.user_id, content_text=f"string {number}") for number in range(MANY)]
    strings = String.objects.bulk_create(written)
    jobs.broker.get_actor("ai.embed_string").send(*(str(string.id) for string in strings))
    models.delay = 0.1

    process = start_worker()
    try:
        eventually(lambda: StringEmbedding.objects.count() > BATCH)
    finally:
        process.kill()
        process.wait(timeout=10)
    stored = set(StringEmbedding.objects.values_list("string__content_text", flat=True))
    assert BATCH < len(stored) < MANY

    # Redis gives a dead worker's jobs to others after a minute without a sign of life; here after a second.
    monkeypatch.setattr(jobs.broker, "heartbeat_timeout", 1000)
    monkeypatch.setattr(jobs.broker, "maintenance_chance", 1_000_000)
    monkeypatch.setattr("ai.tasks.LEASE_SECONDS", 1)
    worker = Worker(jobs.broker, queues={"embeddings", "embeddings.DQ"}, worker_timeout=20, worker_threads=2)
    worker.start()
    try:
        eventually(lambda: StringEmbedding.objects.count() == MANY)
        eventually(lambda: not jobs.waiting)
    finally:
        worker.stop(timeout=10_000)

    expected = {hash_of(f"string {number}") for number in range(MANY)}
    assert set(StringEmbedding.objects.values_list("content_hash", flat=True)) == expected
    times = Counter(models.inputs)
    # What the killed worker had sent and not yet stored is paid for again: at most one request.
    again = {text for text, count in times.items() if count > 1}
    assert set(times) == {f"string {number}" for number in range(MANY)}
    assert max(times.values()) <= 2
    assert not again & stored
    assert len(again) <= BATCH
