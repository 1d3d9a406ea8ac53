"""What is embedded of a person and of a string: readable, public, whatever the columns hold."""

import json
from typing import Any

import pytest
from django.db import connection

from ai.clients.embeddings import cut
from ai.embeddable import PEOPLE, STRINGS, Wanted, texts, walk
from ai.sentences import content_hash, person_text, string_text
from lifestring.testing.people import Person, make_person
from strings.models import String


def about(attributes: Any = None, biography: Any = None) -> str:
    return person_text(json.dumps(attributes), json.dumps(biography))


def test_a_person_is_told_of_in_sentences():
    attributes = {"interests": ["chess", " deep  sea "], "skills": "sewing.", "enneagram": 4, "questions": ["Why?"]}
    biography = {"bio": "I teach.", "looking_for": "a team", "work": ["a school", "a farm"]}
    assert about(attributes, biography).split("\n") == [
        "I teach",
        "Work: a school, a farm.",
        "Looking for a team.",
        "Interested in chess, deep sea.",
        "Good at sewing.",
        "Wonders about Why?.",
        "Enneagram type 4.",
    ]


@pytest.mark.parametrize(
    "odd",
    [None, [], "text", 5, True, {}, {"interests": None}, {"interests": [None, {}, [], "", " ", True, 1e300, 10**400]},
     {"bio": {"deep": "x"}}, {"bio": "\x00"[1:]}, {"email": "a@b.example", "phone": "1", "unknown": ["x"]}],
)  # fmt: skip
def test_odd_values_say_nothing_and_fail_nothing(odd: Any):
    assert about(odd, odd) == ""


@pytest.mark.parametrize("written", [None, "", "[" * 100_000, "1" * 10_000, "{", "NaN", '{"bio": 1e999}'])
def test_json_that_python_cannot_read_says_nothing(written: str | None):
    assert person_text(written, written) == ""
    assert string_text("chess", written) == "chess"


def test_endless_lists_and_texts_are_cut():
    text = about({"interests": [f"{number}{'x' * 1000}" for number in range(1000)]}, {"bio": "y" * 100_000})
    assert len(text) < 50 * 210 + 2100
    context = string_text("chess", json.dumps({"interests": [f"word{number}" for number in range(100)]}))
    assert context.count("word") == 20


@pytest.mark.parametrize("content", [None, "", " \n\t"])
def test_a_string_without_text_says_nothing(content: str | None):
    assert string_text(content, '{"interests": ["jazz"]}') == ""


@pytest.mark.django_db
class TestTheDatabase:
    def test_hashes_as_python_does(self, alice: Person):
        written = ["plain", "Ünï\ncode 😀\\ '\"%s", " spaces ", "x" * 20_000, "é" * 9000]
        made = String.objects.bulk_create(String(user_id=alice.user_id, content_text=text) for text in written)
        for text in texts(STRINGS, [string.id for string in made]):
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO string_embeddings (string_id, embedding, content_hash) VALUES (%s, %s::vector, %s)",
                    [text.id, str([1.0] + [0.0] * 1535), text.hash],
                )
        assert list(walk(STRINGS, Wanted(only_suspect=True))) == []
        String.objects.filter(content_text="plain").update(content_text="changed")
        assert [text.input for page in walk(STRINGS, Wanted(only_suspect=True)) for text in page] == ["changed"]

    def test_takes_nobody_without_words_for_missing(self, monkeypatch: pytest.MonkeyPatch):
        defaults = {"passions": [], "hobbies": [], "enneagram": ""}
        make_person("Nobody", attributes=defaults, biography={"bio": "", "work": ""})
        make_person("Odd", attributes=[1, {"a": [[[["deep"]]]]}], biography=None)
        somebody = make_person("Somebody", attributes=defaults, biography={"bio": "Hello"})
        listing = make_person("Listing", attributes={"hobbies": ["chess"]})
        monkeypatch.setattr("ai.embeddable.PAGE", 1)
        found = {text.user_id: text.input for page in walk(PEOPLE, Wanted(only_suspect=True)) for text in page}
        assert {user: text for user, text in found.items() if text} == {
            somebody.user_id: "Hello",
            listing.user_id: "Hobbies: chess.",
        }
        assert len(found) <= 3

    def test_never_tells_a_model_contact_data(self):
        person = make_person("Carla Secret", contact_info={"name": "Carla Secret", "email": "carla@secret.example"})
        String.objects.create(user_id=person.user_id, content_text="chess")
        [text] = texts(PEOPLE, [person.user_id])
        [string] = next(walk(STRINGS, Wanted(user_id=person.user_id)))
        assert "ecret" not in text.input + string.input
        assert string.input == "chess"


def test_the_hash_is_of_text_and_model():
    assert len({content_hash(model, text) for model in ("a", "b") for text in ("x", "y")}) == 4
    assert cut("short") == "short"
