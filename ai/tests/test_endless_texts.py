"""Texts without end, as another client may write them, end nobody's search (docs/database.md)."""

import json
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import UserProfile
from events.models import Event
from lifestring.testing.people import Person
from strings.models import String

pytestmark = pytest.mark.django_db

DISTINCT_WORDS = " ".join(f"w{number:07d}" for number in range(200_000))
# Texts that take more room as words than as text: many short ones, wide characters, one word without end.
TEXTS = {
    "words": DISTINCT_WORDS,
    "short words": " ".join(f"{number:x}" for number in range(400_000)),
    "wide words": " ".join(chr(0x4E00 + one) + chr(0x4E00 + other) for one in range(600) for other in range(600)),
    "addresses": " ".join(f"a{number}.example/{number}" for number in range(60_000)),
    "one word": "w" * 3_000_000,
    "hyphens": "-".join(f"w{number}" for number in range(200_000)),
}


def store(person: Person, text: str) -> None:
    """Write the text wherever search looks, and beside each a row of bob's that is to be found."""
    profile = UserProfile.objects.filter(user_id=person.user_id)
    profile.update(contact_info={"name": text}, biography={"bio": text}, attributes={"interests": [text]})
    String.objects.create(user_id=person.user_id, content_text=text)
    Event.objects.create(user_id=person.user_id, title=text, description=text, location=text, start_time=timezone.now())


@pytest.mark.parametrize("kind", TEXTS)
def test_everybody_else_is_still_found(alice: Person, bob: Person, charlie: Person, kind: str):
    bob.client.post("/api/strings", {"content_text": "Bob plays chess"})
    store(alice, TEXTS[kind])
    answer = charlie.client.get("/api/search", {"q": "bob"})
    assert answer.status_code == 200, answer.content
    found = answer.json()["data"]
    assert [one["content_text"] for one in found["strings"]] == ["Bob plays chess"]
    assert [one["user_id"] for one in found["people"]] == [str(bob.user_id)]
    listed = charlie.client.get("/api/strings", {"search": "chess"})
    assert [one["user_id"] for one in listed.json()["data"]] == [str(bob.user_id)]
    assert charlie.client.get("/api/users", {"search": "bob"}).json()["meta"]["total"] == 1


def test_the_beginning_of_such_a_text_is_found_too(alice: Person, charlie: Person):
    store(alice, DISTINCT_WORDS)
    found = charlie.client.get("/api/search", {"q": "w0000001"}).json()["data"]
    assert [len(found[kind]) for kind in ("strings", "people", "events")] == [1, 1, 1]


@pytest.mark.parametrize("column", ["biography", "attributes"])
def test_a_profile_of_the_size_the_api_takes_is_searched_whole(alice: Person, charlie: Person, column: str):
    value: dict[str, Any] = {"texts": [f"word{number}" for number in range(5_900)]}
    assert 60_000 < len(json.dumps(value, separators=(",", ":"))) <= 64 * 1024
    assert alice.client.put("/api/me", {column: value}).status_code == 200
    found = charlie.client.get("/api/search", {"q": "word5499"}).json()["data"]["people"]
    assert [one["user_id"] for one in found] == [str(alice.user_id)]


def test_words_without_end_are_no_error_to_ask_for(alice: Person):
    for question in ("w" * 200, "w " * 100, " ".join(f"w{number}" for number in range(60))[:200]):
        assert alice.client.get("/api/search", {"q": question}).status_code == 200


def test_columns_full_to_the_brim_together_are_one_document(alice: Person, bob: Person, charlie: Person):
    # Just below what each column may have: their words are joined, and the whole must fit as well.
    half = {"texts": [f"x{number:x}" for number in range(20_000)]}
    other = {"texts": [f"y{number:x}" for number in range(20_000)]}
    name = " ".join(f"{number:x}" for number in range(20_000))[:100_000]
    profile = UserProfile.objects.filter(user_id=alice.user_id)
    profile.update(contact_info={"name": name}, biography=half, attributes=other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(octet_length(biography::text)) FROM public.user_profiles")
        assert 150_000 < cursor.fetchone()[0] <= 200_000
    answer = charlie.client.get("/api/search", {"q": "x1"})
    assert answer.status_code == 200, answer.content
    assert [one["user_id"] for one in answer.json()["data"]["people"]] == [str(alice.user_id)]
