"""People by what their profiles mean: the nearest, with every filter, without near-copies (docs/api.md, People)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuthUser, ConnectionStatus, Suspension, UserProfile, UserRecommendation
from ai.models import UserEmbedding
from ai.similarity import candidates
from ai.tests.vectors import at, means, string_meaning, towards
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, connect, make_person
from strings.models import StringLike

pytestmark = pytest.mark.django_db

ME = towards(1)


def meaning(name: str, vector: list[float], model: str | None = None, **profile: Any) -> Person:
    person = make_person(name, **profile)
    means(person, vector, **({"model": model} if model else {}))
    return person


def similar(person: Person, limit: int = 10) -> list[dict[str, Any]]:
    answer = person.client.get("/api/recommended/users", {"limit": limit})
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def names(person: Person, limit: int = 10) -> list[str]:
    return [row["name"] for row in similar(person, limit)]


def generate(person: Person) -> list[dict[str, Any]]:
    answer = person.client.post("/api/recommendations/generate", {})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def dismiss(person: Person, other: Person) -> None:
    UserRecommendation.objects.create(
        user_id=person.user_id, recommended_user_id=other.user_id, status="dismissed", similarity_score=0.5
    )


def test_the_nearest_come_first_with_what_both_care_about(alice: Person):
    UserProfile.objects.filter(user_id=alice.user_id).update(attributes={"interests": ["Chess", "tea"]})
    means(alice, ME)
    meaning("Far", at(0.3))
    meaning("Near", at(0.9), attributes={"interests": ["poker"], "hobbies": ["chess "]})

    found = similar(alice)

    assert [(row["name"], row["similarity_score"], row["reasons"]) for row in found] == [
        ("Near", 0.9, ["chess"]),
        ("Far", 0.3, []),
    ]
    made = generate(alice)
    assert [row["context"] for row in made] == [
        {"source": "meaning", "shared_interests": ["chess"]},
        {"source": "meaning", "shared_interests": []},
    ]
    assert "embedding" not in str(made) + str(found)


def test_nobody_is_there_who_is_never_recommended(alice: Person):
    means(alice, ME)
    for status in ConnectionStatus:
        connect(alice, meaning(f"To{status}", ME), status)
        connect(meaning(f"From{status}", ME), alice, status)
    Suspension.objects.create(user_id=meaning("Suspended", ME).user_id)
    AuthUser.objects.filter(id=meaning("Banned", ME).user_id).update(banned_until=timezone.now() + timedelta(days=1))
    for decided in ("accepted", "dismissed"):
        UserRecommendation.objects.create(
            user_id=alice.user_id,
            recommended_user_id=meaning(decided, at(0.9, 1)).user_id,
            status=decided,
            similarity_score=1,
        )
    meaning("Left", at(0.5))

    assert names(alice) == ["Left"]
    assert [row["recommended_user"]["name"] for row in generate(alice)] == ["Left"]


def test_a_page_is_full_although_the_nearest_are_left_out(alice: Person):
    means(alice, ME)
    for n in range(40):
        block(alice, meaning(f"Blocked{n}", at(0.9, n)))
    for n in range(12):
        meaning(f"Person{n}", at(0.5, n / 2))
    assert len(names(alice)) == 10
    assert {row["similarity_score"] for row in similar(alice, 12)} == {0.5}


def test_vectors_of_other_models_are_never_compared_and_interests_fill_up(alice: Person):
    means(alice, ME, "old")
    meaning("New", ME)
    meaning("Old", at(0.6), "old")
    make_person("Silent")
    assert [row.source for row in candidates(alice.user_id, 10)] == ["meaning", "interests", "interests"]
    assert names(alice, 1) == ["Old"]
    first, *others = names(alice)
    assert (first, set(others)) == ("Old", {"Silent", "New"})
    UserEmbedding.objects.filter(user_id=alice.user_id).delete()
    assert {row.source for row in candidates(alice.user_id, 10)} == {"interests"}


def test_ten_near_copies_do_not_fill_the_list(alice: Person):
    means(alice, ME)
    for n in range(10):
        meaning(f"Copy{n}", at(0.9 - n / 1000))
    for n in range(5):
        meaning(f"Person{n}", at(0.6 - n / 100, 0.5 + n))

    assert names(alice, 5) == ["Copy0", "Person0", "Person1", "Person2", "Person3"]
    assert names(alice, 8) == ["Copy0", "Copy1", "Copy2", *(f"Person{n}" for n in range(5))], "copies fill what is left"


def test_nor_do_more_copies_than_are_looked_at_first(alice: Person):
    means(alice, ME)
    for n in range(25):
        meaning(f"Copy{n}", at(0.9 - n / 1000))
    for n in range(3):
        meaning(f"Person{n}", at(0.5, 1 + 2 * n))
    assert set(names(alice, 4)) == {"Copy0", "Person0", "Person1", "Person2"}


def test_a_dismissed_person_makes_others_like_them_come_later(alice: Person):
    means(alice, ME)
    meaning("Left", towards(0.7, 0.7))
    meaning("Right", towards(0.69, 0, 0.7))
    poor = meaning("Dismissed", towards(0.1, 1))
    assert names(alice, 2) == ["Left", "Right"]
    dismiss(alice, poor)
    assert names(alice, 2) == ["Right", "Left"]


def test_a_liked_string_makes_people_like_it_come_sooner(alice: Person, bob: Person):
    means(alice, ME)
    meaning("Left", towards(0.7, 0.7))
    meaning("Right", towards(0.69, 0, 0.7))
    liked = string_meaning(bob, 1, towards(0, 0, 1))
    other_model = string_meaning(bob, 2, towards(0, 1), "old")
    StringLike.objects.create(user_id=alice.user_id, string_id=other_model)
    assert names(alice, 2) == ["Left", "Right"]
    assert alice.client.put(f"/api/strings/{liked}/like").status_code == 200
    assert names(alice, 2) == ["Right", "Left"]


def test_only_the_newest_likes_count(alice: Person, bob: Person):
    means(alice, ME)
    meaning("Left", towards(0.7, 0.7))
    meaning("Right", towards(0.69, 0, 0.7))
    old = string_meaning(bob, 1, towards(0, 0, 1))
    StringLike.objects.create(user_id=alice.user_id, string_id=old, created_at=timezone.now() - timedelta(days=1))
    assert names(alice, 2) == ["Right", "Left"]
    for n in range(50):
        newer = string_meaning(bob, 2 + n, towards(1))
        StringLike.objects.create(user_id=alice.user_id, string_id=newer)
    assert names(alice, 2) == ["Left", "Right"]


def test_vectors_other_clients_wrote_fail_nothing(alice: Person):
    means(alice, towards(0))
    zero = meaning("Zero", towards(0))
    meaning("Opposite", towards(-1))
    meaning("Unit", towards(5))
    assert {row.source for row in candidates(alice.user_id, 10)} == {"interests"}
    UserEmbedding.objects.filter(user_id=alice.user_id).update(embedding=towards(3))
    found = [(row.source, row.score) for row in candidates(alice.user_id, 10)]
    assert found == [("meaning", 1.0), ("meaning", 0.0), ("interests", 0.0)]
    assert len(generate(alice)) == 3
    dismiss(zero, alice)
    assert {row["name"] for row in similar(zero)} == {"Opposite", "Unit"}
