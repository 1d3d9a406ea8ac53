"""GET /search by meaning: what says the same in other words, and never more than the caller may see (docs/api.md, Search)."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import UserProfile
from ai import hybrid
from ai.embedding import embeddings_sweep
from ai.models import EventEmbedding, StringEmbedding
from ai.query_vectors import query_vector
from ai.tasks import sweep_embeddings
from events.models import Event
from lifestring.testing.documented import assert_documented
from lifestring.testing.openai_server import ModelServer
from lifestring.testing.people import Person, block, make_person
from lifestring.testing.word_vectors import vector_of
from strings.models import String

pytestmark = pytest.mark.django_db


def search(person: Person, words: str, **query: Any) -> dict[str, Any]:
    answer = person.client.get("/api/search", {"q": words, **query})
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    found: dict[str, Any] = answer.json()
    return found


def found(person: Person, words: str) -> list[str]:
    """The texts of the strings that were found, in order."""
    return [string["content_text"] for string in search(person, words, type="strings")["data"]["strings"]]


def write(author: Person, *texts: str) -> list[String]:
    return String.objects.bulk_create(String(user_id=author.user_id, content_text=text) for text in texts)


def test_what_says_the_same_in_other_words_is_found(models: ModelServer, alice: Person, bob: Person, charlie: Person):
    write(alice, "My bicycle needs oil", "The kettle sings")
    UserProfile.objects.filter(user_id=bob.user_id).update(attributes={"hobbies": ["cycling"]})
    Event.objects.create(user_id=alice.user_id, title="A bike tour", start_time=timezone.now())
    embeddings_sweep()

    answer = search(charlie, "fahrrad")

    assert answer["meta"] == {"query": "fahrrad", "mode": "hybrid"}
    assert [hit["content_text"] for hit in answer["data"]["strings"]] == ["My bicycle needs oil"]
    assert [hit["name"] for hit in answer["data"]["people"]] == ["Bob"]
    assert [hit["title"] for hit in answer["data"]["events"]] == ["A bike tour"]
    for [hit] in answer["data"].values():
        assert hit["highlight"] is None
        assert hit["score"] == 0.5


def test_what_answers_by_words_and_by_meaning_comes_first(models: ModelServer, alice: Person, bob: Person):
    by_words = "The bicycle in a poem about rain, love, tea, trains, letters, ships, clocks, mirrors, shoes, bread"
    write(alice, by_words, "A bike ride, cyclists only", "My bicycle, my bike", "Nothing of the kind")
    embeddings_sweep()

    hits = search(bob, "bicycle", type="strings")["data"]["strings"]

    assert hits[0]["content_text"] == "My bicycle, my bike"
    assert hits[0]["highlight"] == "My <mark>bicycle</mark>, my bike"
    assert {hit["content_text"] for hit in hits} >= {by_words, "A bike ride, cyclists only"}
    assert hits[0]["score"] == 1.0
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_either_half_alone_will_do(models: ModelServer, alice: Person, bob: Person, settings: Any):
    _, not_yet = write(alice, "My bicycle", "Her bicycle")
    embeddings_sweep()
    StringEmbedding.objects.filter(string_id=not_yet.id).delete()
    assert sorted(found(bob, "bicycle")) == ["Her bicycle", "My bicycle"]
    assert found(bob, "velo") == ["My bicycle"]

    settings.EMBEDDINGS = False
    cache.clear()
    asked = len(models.requests)
    assert search(bob, "bicycle", type="strings")["meta"]["mode"] == "text"
    assert sorted(found(bob, "bicycle")) == ["Her bicycle", "My bicycle"]
    assert found(bob, "velo") == []
    assert len(models.requests) == asked


def test_nothing_is_asked_of_a_model_while_nothing_is_embedded(models: ModelServer, alice: Person, bob: Person):
    write(alice, "My bicycle")
    assert search(bob, "bicycle")["meta"]["mode"] == "text"
    assert models.requests == []
    # Of what is asked for.
    embeddings_sweep()
    assert search(bob, "bicycle", type="events")["meta"]["mode"] == "text"
    assert search(bob, "bicycle", type="strings")["meta"]["mode"] == "text"


def test_what_is_near_nothing_finds_next_to_nothing(models: ModelServer, alice: Person, bob: Person):
    write(
        alice,
        "Lost a rook endgame in the park again, and the man who beat me hummed all the time.",
        "The neighbours asked me to practise the trumpet with the mute, their children without.",
        "Rye with caraway sounds like a door when you knock on it, and that is the door I want.",
        "Five kilometres in open water with a turtle at the halfway buoy, looking at me.",
    )
    embeddings_sweep()
    for nonsense in ("blorptang", "corporate tax declaration", "submarine cable insurance"):
        assert len(found(bob, nonsense)) <= 1
    for no_word in ("🙂", "%", "..."):
        assert search(bob, no_word)["meta"]["mode"] == "text"
        assert found(bob, no_word) == []


@pytest.mark.parametrize("words", ['"bicycle tour"', "bicycle -rain", '-"rain"', '"velo"'])
def test_quotes_and_exclusions_are_taken_at_their_word(models: ModelServer, alice: Person, bob: Person, words: str):
    write(alice, "A bike ride", "A bicycle tour in the rain")
    embeddings_sweep()
    asked = len(models.requests)
    assert search(bob, words)["meta"]["mode"] == "text"
    assert "A bike ride" not in found(bob, words)
    assert len(models.requests) == asked


@pytest.mark.parametrize("direction", ["caller blocked", "caller was blocked"])
def test_whoever_is_hidden_stays_hidden_and_takes_nobodys_place(
    models: ModelServer, alice: Person, bob: Person, charlie: Person, direction: str, monkeypatch: pytest.MonkeyPatch
):
    """Also where all that is nearest is theirs."""
    monkeypatch.setattr(hybrid, "DEPTH", 3)
    write(charlie, *["bicycle"] * 5)
    write(bob, "One bicycle among many other things", "Two bicycles among many other things")
    UserProfile.objects.filter(user_id=charlie.user_id).update(biography={"bio": "bicycle"})
    Event.objects.create(user_id=charlie.user_id, title="Bicycle", start_time=timezone.now())
    embeddings_sweep()
    assert found(alice, "velo") == ["bicycle"] * 3

    block(*((alice, charlie) if direction == "caller blocked" else (charlie, alice)))

    answer = search(alice, "velo")["data"]
    assert sorted(hit["content_text"][:3] for hit in answer["strings"]) == ["One", "Two"]
    assert answer["people"] == answer["events"] == []


def test_contact_data_means_nothing(models: ModelServer, alice: Person, bob: Person):
    contact = {"name": "Alice", "email": "bicycle@example.com", "address": "Bicycle lane"}
    UserProfile.objects.filter(user_id=alice.user_id).update(contact_info=contact, biography={"bio": "I sing"})
    embeddings_sweep()
    assert search(bob, "bicycle")["data"]["people"] == []
    assert [hit["name"] for hit in search(bob, "song")["data"]["people"]] == ["Alice"]


def test_a_smaller_limit_only_cuts(models: ModelServer, alice: Person, bob: Person):
    write(alice, *(f"A bicycle, number {n}, {'and rain ' * n}" for n in range(12)), "A bike", "Cycling")
    embeddings_sweep()
    whole = search(bob, "bicycle", limit=50)["data"]["strings"]
    assert len(whole) == 14
    for limit in (1, 5, 13):
        assert search(bob, "bicycle", limit=limit)["data"]["strings"] == whole[:limit]


def test_while_the_model_is_changed_each_vector_meets_its_own(
    models: ModelServer, alice: Person, bob: Person, settings: Any
):
    old = settings.EMBED_MODEL
    write(alice, "My old bicycle")
    embeddings_sweep()
    settings.EMBED_MODEL = "small-and-local"
    # Here the old vector stays, as it does until the sweep gets there.
    [new] = write(alice, "My new bicycle")
    StringEmbedding.objects.create(
        string_id=new.id, embedding=vector_of("My new bicycle")[::-1], model_version="small-and-local", content_hash="h"
    )

    def turned(answer: dict[str, Any]) -> dict[str, Any]:
        if answer["model"] == "small-and-local":
            for item, text in zip(answer["data"], models.requests[-1]["input"], strict=True):
                item["embedding"] = vector_of(text)[::-1]
        return answer

    models.change = turned
    assert sorted(found(bob, "velo")) == ["My new bicycle", "My old bicycle"]
    assert {body["model"] for body in models.requests} == {old, "small-and-local"}


def test_a_model_of_a_few_leftovers_is_not_asked(models: ModelServer, alice: Person, bob: Person):
    strings = write(alice, *(f"Number {n}" for n in range(30)))
    embeddings_sweep()
    StringEmbedding.objects.filter(string_id=strings[0].id).update(
        model_version="long-gone", embedding=vector_of("velo")
    )
    assert found(bob, "velo") == []
    assert {body["model"] for body in models.requests} == {"text-embedding-3-small"}


def test_an_index_on_vectors_is_used_where_there_is_one(models: ModelServer, alice: Person, bob: Person):
    write(alice, *(f"Number {n}" for n in range(200)), "My bicycle")
    embeddings_sweep()
    exactly = found(bob, "velo")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE INDEX string_embeddings_halfvec_idx ON public.string_embeddings"
            " USING hnsw ((embedding::halfvec(1536)) halfvec_cosine_ops)"
        )
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        with CaptureQueriesContext(connection) as captured:
            assert found(bob, "velo") == exactly
            assert exactly[0] == "My bicycle"
        [near] = [query["sql"] for query in captured.captured_queries if "string_embeddings e" in query["sql"]]
        cursor.execute(f"EXPLAIN {near}")
        assert "Index Scan using string_embeddings_halfvec_idx" in "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("SELECT current_setting('hnsw.ef_search'), current_setting('hnsw.iterative_scan')")
        assert cursor.fetchone() == ("200", "strict_order")

        # Before 0.8 an index gives up where a filter leaves too little.
        cursor.execute("UPDATE pg_catalog.pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
        with CaptureQueriesContext(connection) as captured:
            assert found(bob, "velo") == exactly
        assert not [query["sql"] for query in captured.captured_queries if "halfvec(" in query["sql"]]


def test_search_is_one_function_for_all_who_ask(models: ModelServer, alice: Person, bob: Person):
    [string] = write(alice, "My bicycle")
    event = Event.objects.create(user_id=alice.user_id, title="A bike tour", start_time=timezone.now())
    embeddings_sweep()
    vector = query_vector("velo")
    both = hybrid.search(bob.caller, "velo", limit=5, vector=vector)
    assert [(one.type, one.id) for one in both] == [("strings", string.id), ("events", event.id)]
    assert hybrid.search(bob.caller, "velo", limit=5) == []
    assert hybrid.search(bob.caller, "velo", types=("people",), limit=5, vector=vector) == []


@pytest.mark.django_db(transaction=True)
class TestAnEvent:
    def test_is_embedded_after_it_was_written_and_changed(self, models: ModelServer, jobs: Any, alice: Person):
        body = {"title": "Chess", "start_time": "2050-06-01T18:00:00Z", "meta_data": {"tags": ["games", 5, {}]}}
        event = alice.client.post("/api/events", body).json()["data"]["id"]
        assert jobs.waiting == [("ai.embed_event", (event,))]
        embeddings_sweep()
        assert models.inputs == ["Chess\n\nAbout games, 5."]
        jobs.broker.flush_all()
        alice.client.patch(f"/api/events/{event}", {"end_time": "2050-06-01T19:00:00Z"})
        assert jobs.waiting == []
        alice.client.patch(f"/api/events/{event}", {"location": "Lisbon"})
        assert jobs.waiting == [("ai.embed_event", (event,))]
        embeddings_sweep()
        embeddings_sweep()
        assert models.inputs[1:] == ["Chess\nLisbon\n\nAbout games, 5."]

    @pytest.mark.parametrize("meta", [{}, [], "x", {"tags": None}, {"tags": "go"}, {"tags": {"a": 1}}, {"tags": [[]]}])
    def test_of_another_client_is_embedded_whatever_is_in_it(self, models: ModelServer, alice: Person, meta: Any):
        Event.objects.create(user_id=alice.user_id, title=" ", start_time=timezone.now(), meta_data=meta)
        Event.objects.create(user_id=alice.user_id, title="Chess 🙂", start_time=timezone.now(), meta_data=meta)
        embeddings_sweep()
        embeddings_sweep()
        assert len(models.inputs) == EventEmbedding.objects.count() == 1
        assert models.inputs[0].startswith("Chess 🙂")

    def test_that_is_gone_is_found_by_nobody_and_then_forgotten(self, models: ModelServer, alice: Person, bob: Person):
        kept, gone = (
            Event.objects.create(user_id=alice.user_id, title=f"Chess {n}", start_time=timezone.now()) for n in range(2)
        )
        embeddings_sweep()
        assert alice.client.delete(f"/api/events/{gone.id}").status_code == 204
        assert [hit["id"] for hit in search(bob, "schach")["data"]["events"]] == [str(kept.id)]
        sweep_embeddings()
        assert [row.event_id for row in EventEmbedding.objects.all()] == [kept.id]


def test_reading_costs_as_many_queries_whatever_is_found(
    models: ModelServer, alice: Person, bob: Person, settings: Any
):
    def measured() -> int:
        search(bob, "bicycle", limit=50)
        with CaptureQueriesContext(connection) as captured:
            search(bob, "bicycle", limit=50)
        return len(captured)

    for rows in (1, 50):
        write(alice, *["A bicycle"] * rows)
        for n in range(rows):
            make_person(f"Cyclist{n}", biography={"bio": "my bicycle"})
            Event.objects.create(user_id=alice.user_id, title="A bicycle", start_time=timezone.now())
        embeddings_sweep()
        settings.EMBEDDINGS = True
        # The caller; three rankings by words, how many strings and people there are and may be expected; three times what was found, and who organises
        # the events; what to mark. And what indexes on vectors are told, the vectors, and those of events without the index,
        # which has no more to give.
        assert measured() == 12 + 3
        settings.EMBEDDINGS = False
        assert measured() == 12
