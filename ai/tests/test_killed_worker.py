"""What is killed amid a batch, a worker or the command: the next finishes, and pays for nothing again that was stored."""

import subprocess
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from dramatiq import Worker

from ai.embedding import BATCH
from ai.models import StringEmbedding
from ai.tests.embedding_worker import start_command, start_worker
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
    models.delay = 0.3

    stored = killed_half_way(start_worker())

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

    check_all(models, stored)


@pytest.mark.django_db(transaction=True)
def test_the_command_run_again_finishes_what_was_claimed_as_well(
    models: ModelServer, jobs: EmbeddingJobs, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    String.objects.bulk_create(String(user_id=alice.user_id, content_text=f"string {n}") for n in range(MANY))
    models.delay = 0.3
    stored = killed_half_way(start_command())
    monkeypatch.setattr("ai.management.commands.embed.LEASE_SECONDS", 2)
    said = StringIO()
    call_command("embed", "--strings", stdout=said, stderr=said)
    assert "0 left to a worker" in said.getvalue()
    check_all(models, stored)


def killed_half_way(process: subprocess.Popen[Any]) -> set[str | None]:
    """Kill it while a batch is on its way, and return the texts that were stored by then."""
    try:
        eventually(lambda: StringEmbedding.objects.count() >= BATCH)
    finally:
        process.kill()
        process.wait(timeout=10)
    stored = set(StringEmbedding.objects.values_list("string__content_text", flat=True))
    assert BATCH <= len(stored) < MANY
    return stored


def check_all(models: ModelServer, stored: set[str | None]) -> None:
    """Each string has its one embedding; only what was on its way when it was killed was paid for twice."""
    expected = {hash_of(f"string {number}") for number in range(MANY)}
    assert set(StringEmbedding.objects.values_list("content_hash", flat=True)) == expected
    times = Counter(models.inputs)
    # What the killed worker had sent and not yet stored is paid for again: at most one request.
    again = {text for text, count in times.items() if count > 1}
    assert set(times) == {f"string {number}" for number in range(MANY)}
    assert max(times.values()) <= 2
    assert not again & stored
    assert len(again) <= BATCH
