"""Strings and people get their embedding after a write, once, and from nobody's older text (docs/decisions/018-embeddings.md)."""

import threading
import uuid
from contextlib import closing
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client, override_settings
from dramatiq.brokers.redis import RedisBroker

from accounts.models import StaffUser, UserProfile
from ai.claims import LEASE_SECONDS
from ai.embeddable import PEOPLE, STRINGS, texts
from ai.embedding import embed, embed_ids, embeddings_sweep
from ai.models import Spending, StringEmbedding, UsageEntry, UserEmbedding
from ai.tasks import sweep_embeddings
from ai.tests.jobs import MODEL, EmbeddingJobs, eventually, hash_of, stored_for
from lifestring.dead_letters import dead_letters
from lifestring.local.ports import free_port
from lifestring.testing.fixtures import Together
from lifestring.testing.openai_server import HTML, ModelServer, failure, too_many
from lifestring.testing.people import Person, make_person
from lifestring.testing.word_vectors import vector_of
from strings.models import String

BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db(transaction=True)


def post(person: Person, text: str) -> str:
    answer = person.client.post("/api/strings", {"content_text": text})
    assert answer.status_code == 201, answer.content
    found: str = answer.json()["data"]["id"]
    return found


def write(person: Person, *written: str) -> list[uuid.UUID]:
    """Strings by another client of Supabase, past all services."""
    made = String.objects.bulk_create(String(user_id=person.user_id, content_text=text) for text in written)
    return [string.id for string in made]


def hashes() -> list[str]:
    return sorted(StringEmbedding.objects.values_list("content_hash", flat=True))


class TestAWrite:
    def test_of_a_string_is_followed_by_its_embedding(
        self, models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person
    ):
        UserProfile.objects.filter(user_id=alice.user_id).update(attributes={"interests": ["jazz"]})
        string = post(alice, "We play chess tonight")
        eventually(lambda: stored_for(string))
        stored = stored_for(string)
        assert stored
        assert (stored.content_hash, stored.model_version) == (
            hash_of("We play chess tonight"),
            "text-embedding-3-small",
        )
        assert models.inputs == ["We play chess tonight\n\nThe author cares about jazz."]
        assert list(stored.embedding) == pytest.approx(vector_of(models.inputs[0]), abs=1e-6)

        alice.client.put(f"/api/strings/{string}", {"content_text": "We play go tonight"})
        eventually(lambda: hashes() == [hash_of("We play go tonight")])
        eventually(lambda: not jobs.waiting)
        assert len(models.requests) == 2

    def test_that_changes_no_text_asks_nobody(
        self, models: ModelServer, jobs: EmbeddingJobs, alice: Person, bob: Person
    ):
        string = post(alice, "chess")
        jobs.broker.flush_all()
        alice.client.put(f"/api/strings/{string}", {"content_text": "chess"})
        bob.client.put(f"/api/strings/{string}/like")
        bob.client.post(f"/api/strings/{string}/comments", {"content": "yes"})
        alice.client.post("/api/strings", {"content_images": ["https://images.example/1.jpg"]})
        alice.client.patch("/api/me", {"contact_info": {"name": "Alicia"}})
        assert jobs.waiting == []

    def test_of_a_profile_is_followed_by_its_embedding(
        self, models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person
    ):
        alice.client.patch("/api/me", {"attributes": {"hobbies": ["chess"]}, "biography": {"bio": "I teach."}})
        eventually(lambda: UserEmbedding.objects.filter(user_id=alice.user_id).exists())
        assert models.inputs == ["I teach\nHobbies: chess."]
        alice.client.patch("/api/me", {"attributes": {"hobbies": []}, "biography": {"bio": ""}})
        eventually(lambda: not UserEmbedding.objects.exists())
        assert len(models.requests) == 1

    def test_asks_nobody_where_no_model_is_set_up(self, jobs: EmbeddingJobs, alice: Person):
        string = post(alice, "chess")
        alice.client.patch("/api/me", {"biography": {"bio": "I teach."}})
        assert jobs.waiting == []
        sweep_embeddings()
        assert stored_for(string) is None


class TestUnchangedText:
    def test_is_never_paid_for_twice(self, models: ModelServer, alice: Person):
        [string] = write(alice, "chess")
        assert embed_ids(STRINGS, [string]).embedded == 1
        String.objects.filter(id=string).update(likes_count=5)
        UserProfile.objects.filter(user_id=alice.user_id).update(attributes={"interests": ["jazz"]})
        assert embed_ids(STRINGS, [string]).embedded == 0
        embeddings_sweep()
        assert models.inputs == ["chess", "Interested in jazz."]
        embeddings_sweep()
        assert len(models.requests) == 2

    def test_with_two_workers_on_it_is_paid_for_once(self, models: ModelServer, alice: Person, together: Together):
        strings = write(alice, *(f"string {number}" for number in range(20)))
        models.delay = 0.2
        outcomes = together(*[lambda: embed_ids(STRINGS, strings)] * 3)
        assert sum(outcome.embedded for outcome in outcomes) == 20
        assert len(models.inputs) == 20
        assert hashes() == sorted(hash_of(f"string {number}") for number in range(20))


class TestTextThatChangesMeanwhile:
    def test_keeps_no_vector_of_what_it_was(self, models: ModelServer, alice: Person):
        [string] = write(alice, "old words")

        def change(_: dict[str, Any]) -> None:
            models.before = lambda _: None
            String.objects.filter(id=string).update(content_text="new words")

        models.before = change
        assert embed_ids(STRINGS, [string]).embedded == 0
        assert stored_for(string) is None
        embeddings_sweep()
        assert hashes() == [hash_of("new words")]

    def test_is_never_overwritten_by_the_slower_worker(self, models: ModelServer, alice: Person, together: Together):
        [string] = write(alice, "old words")
        is_asked, is_done = threading.Event(), threading.Event()

        def hold(body: dict[str, Any]) -> None:
            if body["input"] == ["old words"]:
                is_asked.set()
                assert is_done.wait(10)

        def newer() -> None:
            assert is_asked.wait(10)
            String.objects.filter(id=string).update(content_text="new words")
            assert embed_ids(STRINGS, [string]).embedded == 1
            is_done.set()

        models.before = hold
        slow, _ = together(lambda: embed_ids(STRINGS, [string]), newer)
        assert slow.embedded == 0
        assert hashes() == [hash_of("new words")]

    def test_or_a_string_that_goes_leaves_nothing(self, models: ModelServer, alice: Person):
        [string] = write(alice, "words")
        models.before = lambda _: String.objects.filter(id=string).delete() and None
        assert embed_ids(STRINGS, [string, uuid.uuid4()]).embedded == 0
        assert not StringEmbedding.objects.exists()

    def test_or_a_person_who_is_erased_leaves_nothing(self, models: ModelServer, alice: Person):
        alice.client.patch("/api/me", {"biography": {"bio": "I teach."}})
        models.before = lambda _: alice.client.delete("/api/me") and None
        assert embed_ids(PEOPLE, [alice.user_id]).embedded == 0
        assert not UserEmbedding.objects.exists()


class TestTheSweep:
    def test_finds_what_anybody_wrote_and_what_lost_its_text(self, models: ModelServer, alice: Person, bob: Person):
        kept, changed, emptied = write(alice, "kept", "first", "words")
        embeddings_sweep()
        String.objects.filter(id=changed).update(content_text="second")
        String.objects.filter(id=emptied).update(content_text=None, content_images=["x"])
        [new] = write(bob, "new")
        UserProfile.objects.filter(user_id=bob.user_id).update(biography={"bio": "Hello"})
        models.requests.clear()
        embeddings_sweep()
        assert sorted(models.inputs) == ["Hello", "new", "second"]
        assert {row.string_id for row in StringEmbedding.objects.all()} == {kept, changed, new}

    def test_goes_over_to_another_model_while_the_old_vectors_serve(
        self, models: ModelServer, alice: Person, settings: Any
    ):
        strings = write(alice, "one", "two")
        embeddings_sweep()
        settings.EMBED_MODEL = "small-and-local"
        models.dimensions = 384
        models.replies = [failure(500)]
        sweep_embeddings()
        assert set(StringEmbedding.objects.values_list("model_version", flat=True)) == {"text-embedding-3-small"}
        sweep_embeddings()
        rows = StringEmbedding.objects.filter(model_version="small-and-local")
        assert {row.string_id for row in rows} == set(strings)
        assert all(list(row.embedding[384:]) == [0.0] * 1152 and any(row.embedding[:384]) for row in rows)

    def test_finds_what_was_lost_with_redis(self, models: ModelServer, jobs: EmbeddingJobs, alice: Person):
        url = f"redis://127.0.0.1:{free_port()}"
        caches = {"default": {**django_settings.CACHES["default"], "LOCATION": url}}
        with closing(redis.Redis.from_url(url)) as client, pytest.MonkeyPatch.context() as patch:
            away = RedisBroker(client=client, namespace=jobs.broker.namespace)
            patch.setattr(jobs.broker, "client", away.client)
            patch.setattr(jobs.broker, "scripts", away.scripts)
            with override_settings(CACHES=caches):
                string = post(alice, "chess")
                # Claims are kept there as well; without them it is embedded all the same.
                embeddings_sweep()
        assert jobs.waiting == []
        assert stored_for(string)


class TestAModelThatFails:
    def test_is_asked_again_until_it_is_back(
        self, models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person
    ):
        models.replies = [failure(500), HTML, too_many(0.05), too_many("soon"), failure(503)]
        strings = [post(alice, "one"), post(alice, "two")]
        eventually(lambda: all(map(stored_for, strings)))
        eventually(lambda: not jobs.waiting)
        assert not jobs.dead
        assert sorted(models.answered[-2:]) == ["one", "two"]

    def test_for_long_leaves_it_to_the_sweep(
        self, models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person
    ):
        models.replies, models.stuck = [failure(500)], True
        string = post(alice, "chess")
        eventually(lambda: jobs.dead)
        sweep_embeddings()
        assert stored_for(string) is None
        models.stuck, models.replies = False, []
        sweep_embeddings()
        assert hashes() == [hash_of("chess")]
        assert models.answered == ["chess"]

    def test_for_long_leaves_it_to_an_admin_too(
        self, models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person
    ):
        models.replies, models.stuck = [failure(500)], True
        string = post(alice, "chess")
        eventually(lambda: jobs.dead)
        models.stuck, models.replies = False, []
        page = Client()
        page.force_login(StaffUser.objects.create_superuser("staff@example.com"), BACKEND)
        [letter] = dead_letters()
        assert (letter.queue, letter.actor, letter.arguments) == ("embeddings", "ai.embed_string", string)
        assert "answers 500" in page.get("/admin/jobs").content.decode()
        answer = page.post("/admin/jobs", {"queue": letter.queue, "message_id": letter.message_id}, follow=True)
        assert "is queued again" in answer.content.decode()
        eventually(lambda: stored_for(string))
        eventually(lambda: not jobs.waiting)
        assert not jobs.dead
        assert models.answered == ["chess"]

    def test_is_left_alone_for_as_long_as_it_says(
        self, models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person
    ):
        models.replies = [too_many(0.4)]
        string = post(alice, "chess")
        eventually(lambda: models.requests)
        eventually(lambda: stored_for(string))
        first, second = models.times
        assert 0.4 <= second - first < 5

    def test_by_refusing_one_text_keeps_no_other_from_being_embedded(self, models: ModelServer, alice: Person):
        strings = write(alice, *(f"good {number}" for number in range(10)), "bad")
        models.refuses = "bad"
        outcome = embed_ids(STRINGS, strings)
        assert (outcome.embedded, outcome.refused) == (10, 1)
        asked = len(models.requests)
        embeddings_sweep()
        assert len(models.requests) == asked
        assert StringEmbedding.objects.count() == 10

    def test_by_refusing_everything_is_noticed_soon(self, models: ModelServer, alice: Person):
        write(alice, *(f"bad {number}" for number in range(100)))
        models.refuses = "bad"
        sweep_embeddings()
        assert len(models.requests) < 40


def test_whoever_finds_another_at_work_looks_again_later(
    models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ai.tasks.LEASE_SECONDS", 0.1)
    assert LEASE_SECONDS > 30
    models.delay = 0.3
    string = post(alice, "chess")
    jobs.broker.get_actor("ai.embed_string").send(string)
    eventually(lambda: not jobs.waiting)
    assert hashes() == [hash_of("chess")]
    assert models.inputs == ["chess"]


def test_force_pays_again(models: ModelServer, alice: Person):
    strings = write(alice, "chess")
    embed_ids(STRINGS, strings)
    assert embed(STRINGS, texts(STRINGS, strings), force=True).embedded == 1
    assert models.inputs == ["chess", "chess"]


def test_people_are_told_apart_by_their_words(models: ModelServer):
    chess, also_chess, cook = (
        make_person(name, biography={"bio": bio})
        for name, bio in (("A", "I play chess"), ("B", "chess I play daily"), ("C", "cooking for friends"))
    )
    embed_ids(PEOPLE, [chess.user_id, also_chess.user_id, cook.user_id])

    def likeness(one: Person, other: Person) -> float:
        mine, theirs = (UserEmbedding.objects.get(user_id=person.user_id).embedding for person in (one, other))
        return float(sum(a * b for a, b in zip(mine, theirs, strict=True)))

    assert likeness(chess, also_chess) > 0.5 > likeness(chess, cook)


def test_what_it_took_is_in_the_ledger(models: ModelServer, alice: Person):
    write(alice, "chess", "jazz")
    embeddings_sweep()
    embeddings_sweep()
    entry = UsageEntry.objects.get()
    assert (entry.purpose, entry.user_id, entry.model, entry.outcome) == ("embedding", None, MODEL, "done")
    assert entry.prompt_tokens == 3
    assert entry.cost == Spending.objects.get().spent > 0
