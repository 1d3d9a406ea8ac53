"""What GET /search makes of words: inflections, accents, phrases, exclusion, and marks around what it found."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import UserProfile
from events.models import Event
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person
from strings.models import String

pytestmark = pytest.mark.django_db


def write(author: Person, text: str) -> String:
    return String.objects.create(user_id=author.user_id, content_text=text)


def hits(person: Person, words: str, kind: str = "strings") -> list[dict[str, Any]]:
    answer = person.client.get("/api/search", {"q": words, "type": kind})
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    found: list[dict[str, Any]] = answer.json()["data"][kind]
    return found


# Text, what is looked for, whether it is found.
INFLECTIONS = [
    ("I run with the dogs", "running", True),
    ("Running to the city", "run cities", True),
    ("Beautiful cities", "city", True),
    ("The story of my life", "stories", True),
    ("Das alte Haus am See", "Häuser", True),
    ("Das sind alte Häuser", "haus", True),
    ("Ich laufe gern", "laufen", True),
    ("Les chevaux dans la ville", "cheval", True),
    ("Las canciones y los niños", "canción", True),
    ("Non è solo una canzone", "canzoni", True),
    ("Falamos muito com ele", "falar", True),
    ("Het zijn mooie huizen", "huizen", True),
    # A stem of one language is no word of another.
    ("Die Katze und der Hund", "dies", False),
    ("The bad weather", "baden", False),
    ("The art of it", "Arten", False),
    ("Wir sind in Rennes", "renne", True),
    # An unfinished last word, after inflected ones.
    ("We run with the dogs in Lisbon", "running lis", True),
    ("We run with the dogs in Lisbon", "lis running", False),
]
ACCENTS = [
    ("Un café", "cafe", True),
    ("A cafe", "café", True),
    ("Über allem", "uber", True),
    ("Die Straße", "strasse", True),
    ("Die Strasse", "straße", True),
    ("Łódź", "lodz", True),
    ("Smørrebrød", "smorre", True),
    ("Œuvre", "oeuvre", True),
    ("Cafe\u0301", "caf\u00e9", True),
    ("Ｆｕｌｌ width", "full", True),
    ("ёлка", "елка", True),
    ("Οδός", "ΟΔΟΣ", True),
    ("naïve", "naïf", False),
]
QUERIES = [
    ("Chess in Lisbon", '"chess in"', True),
    ("Chess in Lisbon", '"chess lisbon"', False),
    ("Lisbon chess", '"chess lisbon"', False),
    ("Chess", '"chess chess"', False),
    ("Café in Lisbon", '"CAFE in" lis', True),
    ("Chess in Lisbon", "chess -lisbon", False),
    ("Chess in Lisbon", "chess -porto", True),
    ("Chess in Lisbon", "chess -lis", True),
    ("Chess in Lisbon", 'chess -"in lisbon"', False),
    ("Chess in Lisbon", "-porto", False),
    ("well-known", "well-known", True),
    ("Chess in Lisbon", 'chess "lisbon', True),
    ("Chess in Lisbon", 'chess "" -', True),
    ("Chess in Lisbon", '"_" -porto', False),
    ("The the and", "\u0300", False),
    ("The the and", "the", True),
    ("word ~the", "\u20dd", False),
]


@pytest.mark.parametrize("cases", [INFLECTIONS, ACCENTS, QUERIES], ids=["inflections", "accents", "queries"])
def test_words(alice: Person, bob: Person, cases: list[tuple[str, str, bool]], subtests: pytest.Subtests):
    string = write(alice, "")
    for text, words, found in cases:
        with subtests.test(f"{words} in {text}"):
            String.objects.filter(id=string.id).update(content_text=text)
            assert bool(hits(bob, words)) == found
            assert len(bob.client.get("/api/strings", {"search": words}).json()["data"]) == found


def test_a_row_that_says_its_language_is_taken_at_its_word(alice: Person, bob: Person, subtests: pytest.Subtests):
    event = Event.objects.create(user_id=alice.user_id, title="Haus", description="Garten", start_time=timezone.now())
    for language, found in (("de", 1), ("de-AT", 1), ("DE", 1), ("en", 0), ("xx", 0), (None, 0), ([1], 0), ({}, 0)):
        with subtests.test(repr(language)):
            Event.objects.filter(id=event.id).update(meta_data={"language": language})
            assert len(hits(bob, "Häuser", "events")) == found
            assert len(hits(bob, "haus", "events")) == 1
    profile = UserProfile.objects.filter(user_id=alice.user_id)
    for attributes, found in (
        ({"language": "de"}, 1),
        ({"languages": ["de", "en"]}, 1),
        ({"languages": "de"}, 1),
        ({"language": 5}, 0),
    ):
        with subtests.test(repr(attributes)):
            profile.update(attributes=attributes, biography={"bio": "Haus"})
            assert len(hits(bob, "Häuser", "people")) == found


MARKED = [
    ("We run to the Café", "running cafe", "We <mark>run</mark> to the <mark>Café</mark>"),
    ("chess chessboard", "che", "<mark>chess</mark> <mark>chessboard</mark>"),
    ("a <b>chess</b> & <mark>x</mark>", "chess", "a &lt;b&gt;<mark>chess</mark>&lt;/b&gt; &amp; &lt;mark&gt;x&lt;/mark&gt;"),
    ("Chess in Lisbon, in time", '"in lisbon"', "Chess <mark>in</mark> <mark>Lisbon</mark>, <mark>in</mark> time"),
    ("node.js", "node.js", "<mark>node</mark>.<mark>js</mark>"),
    ("x" * 6000 + " chess", "chess", None),
]  # fmt: skip


def test_what_was_found_is_marked_and_everything_else_escaped(alice: Person, bob: Person, subtests: pytest.Subtests):
    string = write(alice, "")
    for text, words, expected in MARKED:
        with subtests.test(words):
            String.objects.filter(id=string.id).update(content_text=text)
            assert [hit["highlight"] for hit in hits(bob, words)] == [expected]
    String.objects.filter(id=string.id).update(content_text=f"{'word ' * 100}chess{' word' * 100}")
    (hit,) = hits(bob, "chess")
    assert hit["highlight"].startswith("…word")
    assert "word <mark>chess</mark> word" in hit["highlight"]
    assert hit["highlight"].endswith("word…")
    assert len(hit["highlight"]) < 200


def test_of_people_and_events_the_passages_are_joined(alice: Person, bob: Person):
    Event.objects.create(
        user_id=alice.user_id, title="Chess", description="no", location="Chess club", start_time=timezone.now()
    )
    contact = {"name": "Alice", "email": "chess@example.com", "address": "Chess street"}
    UserProfile.objects.filter(user_id=alice.user_id).update(
        contact_info=contact, biography={"bio": "I play\nchess"}, attributes={"hobbies": ["surfing", {"a": "Chess"}]}
    )
    assert hits(bob, "chess", "events")[0]["highlight"] == "<mark>Chess</mark> … <mark>Chess</mark> club"
    assert hits(bob, "chess", "people")[0]["highlight"] == "I play\n<mark>chess</mark> … <mark>Chess</mark>"
    assert hits(bob, "alice", "people")[0]["highlight"] == "<mark>Alice</mark>"
    for value in (None, [], "chess", 5, {"a": None}):
        UserProfile.objects.filter(user_id=alice.user_id).update(biography=value)
        assert hits(bob, "alice", "people")[0]["highlight"] == "<mark>Alice</mark>"
