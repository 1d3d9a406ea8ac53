"""GET /discover: people not yet connected, those one shares most with first (docs/api.md, People)."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from accounts.models import ConnectionStatus, Suspension, UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, connect, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(alice: Person) -> Person:
    """Cares about four things."""
    alice.client.patch(
        "/api/me",
        {"attributes": {"interests": ["Chess", "climbing"], "passions": ["food"], "hobbies": ["go", "chess"]}},
    )
    return alice


def discovered(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = person.client.get(f"/api/discover{query}")
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    found: list[dict[str, Any]] = answer.json()
    return found


def scores(person: Person, query: str = "") -> dict[str, float]:
    return {row["name"]: row["match_score"] for row in discovered(person, query)}


def test_the_score_is_the_shared_part_of_all_that_either_named(alice: Person):
    make_person("Nothing", attributes={})
    make_person("Half", attributes={"hobbies": ["CHESS", "GO"], "skills": ["climbing"]})
    make_person("All", attributes={"interests": ["chess", "climbing", "food", "go", "go"]})
    make_person("More", attributes={"passions": ["food", "chess", "opera", "tea"], "questions": ["go"]})
    make_person("Other", attributes={"interests": ["opera"]})
    found = discovered(alice)
    assert [row["name"] for row in found] == ["All", "Half", "More", *sorted_by_age(["Nothing", "Other"])]
    assert [row["match_score"] for row in found] == [1, 0.5, 0.3333, 0, 0]
    assert all((row["profile_photo"], row["photos"]) == (None, []) for row in found)
    assert discovered(alice) == found


def sorted_by_age(names: list[str]) -> list[str]:
    """The newest first, as ties are ordered; of the same instant, by id."""
    profiles = UserProfile.objects.filter(contact_info__name__in=names).order_by("-created_at", "user_id")
    return [profile.contact_info["name"] for profile in profiles]


def test_somebody_who_named_nothing_sees_the_newest_people(charlie: Person):
    for day in range(3):
        person = make_person(f"Person {day}", attributes={"interests": ["chess"]})
        UserProfile.objects.filter(user_id=person.user_id).update(created_at=timezone.now() - timedelta(days=day))
    assert scores(charlie) == {"Person 0": 0, "Person 1": 0, "Person 2": 0}
    assert list(scores(charlie, "?limit=2")) == ["Person 0", "Person 1"]


def test_people_who_are_no_strangers_are_left_out(alice: Person, bob: Person, mod: Person):
    for status in ConnectionStatus:
        connect(alice, make_person(f"Sent {status}"), status)
        connect(make_person(f"Received {status}"), alice, status)
    for name, until in (("Suspended", None), ("Later", timedelta(hours=1)), ("No longer", -timedelta(hours=1))):
        person = make_person(name)
        at = None if until is None else timezone.now() + until
        Suspension.objects.create(user_id=person.user_id, until=at)
    assert set(scores(alice)) == {"Mod", "No longer"}
    block(mod, alice)
    assert set(scores(alice)) == {"No longer"}
    assert "Alice" not in scores(mod)


def test_it_is_narrowed_by_interests_and_place(alice: Person):
    make_person("Lena", contact_info={"name": "Lena", "location": "Lisboa 100%"}, attributes={"hobbies": ["Tea"]})
    make_person("Omar", contact_info={"name": "Omar", "location": "Porto"}, attributes={"passions": ["chess", "tea"]})
    make_person("Uma", contact_info={"name": "Uma", "location": ["Lisboa"]}, attributes={"interests": "chess"})
    assert scores(alice, "?interests=chess") == {"Omar": 0.2, "Uma": 0.25}
    assert set(scores(alice, "?interests= tea ,,opera")) == {"Lena", "Omar"}
    assert set(scores(alice, "?interests=te")) == set()
    assert set(scores(alice, "?location=LISBOA")) == {"Lena", "Uma"}
    assert set(scores(alice, "?location=a 100%25")) == {"Lena"}
    assert set(scores(alice, "?location=%25&interests=")) == {"Lena"}
    assert set(scores(alice, "?location=porto&interests=chess")) == {"Omar"}
    for odd in ("{}", '"', "\\", "'", "?|", "%s", "\u0130"):
        assert scores(alice, f"?{urlencode({'interests': odd})}") == {}, odd
    too_many = ",".join("x" * 21)
    for query, field in (("limit=0", "limit"), ("limit=51", "limit"), (f"interests={too_many}", "interests"),
                         (f"location={'x' * 201}", "location"), ("interests=%00", "interests")):  # fmt: skip
        assert_error(alice.client.get(f"/api/discover?{query}"), 422, "validation_failed", field=field)


def test_what_is_private_stays_private(alice: Person, charlie: Person):
    charlie.client.patch("/api/me", {"contact_info": {"address": "Rua 1"}, "meta": {"interests": ["chess"]}})
    (row,) = discovered(alice)
    assert not {"email", "phone", "birthday", "address"} & set(row["contact_info"])
    assert "meta" not in row
    assert row["match_score"] == 0
