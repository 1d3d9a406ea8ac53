"""Recommendations: whom one is told about, why, and what becomes of it (docs/api.md, People)."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import (
    AuthUser,
    ConnectionStatus,
    Suspension,
    UserConnection,
    UserEnneagram,
    UserProfile,
    UserRecommendation,
)
from ai import services
from ai.interests import by_interests
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, connect, make_person

pytestmark = pytest.mark.django_db

URL = "/api/recommendations"


def caring(name: str, *interests: str, **others: Any) -> Person:
    return make_person(name, attributes={"interests": list(interests), **others})


def cares(person: Person, **attributes: Any) -> None:
    UserProfile.objects.filter(user_id=person.user_id).update(attributes=attributes)


def generate(person: Person, limit: int = 10) -> list[dict[str, Any]]:
    answer = person.client.post(f"{URL}/generate", {"limit": limit})
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    body = answer.json()
    assert body["count"] == len(body["data"])
    found: list[dict[str, Any]] = body["data"]
    return found


def recommended(person: Person) -> list[str]:
    """The names of who is recommended, the most alike first."""
    return [row["recommended_user"]["name"] for row in generate(person)]


def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = person.client.get(URL, query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_who_shares_most_comes_first_and_it_says_what(alice: Person):
    cares(alice, interests=["Chess", "climbing"], skills=["cooking"], hobbies=["jazz"])
    caring("Dora", "chess ", "CLIMBING", "cooking", "Jazz")
    caring("Eve", "chess", "poker", "golf", "sailing")
    caring("Frank", "opera")

    found = generate(alice)

    assert [row["recommended_user"]["name"] for row in found] == ["Dora", "Eve", "Frank"]
    assert [row["similarity_score"] for row in found] == [0.9, 0.225, 0.0]
    assert found[0]["context"] == found[0]["metadata"]
    assert found[0]["context"] == {"source": "interests", "shared_interests": ["chess", "CLIMBING", "cooking", "Jazz"]}
    assert found[0]["user_id"] == str(alice.user_id)
    assert {row["status"] for row in found} == {"generated"}
    assert "email" not in found[0]["recommended_user"]["contact_info"]


def test_a_shared_type_counts_a_little(alice: Person):
    cares(alice, interests=["chess"])
    dora, eve = caring("Dora", "chess"), caring("Eve", "chess")
    for person in (alice, eve):
        UserEnneagram.objects.create(user_id=person.user_id, enneagram_id=4)
    UserEnneagram.objects.create(user_id=dora.user_id, enneagram_id=5)
    assert [(row["recommended_user"]["name"], row["similarity_score"]) for row in generate(alice)] == [
        ("Eve", 1.0),
        ("Dora", 0.9),
    ]


def test_where_nothing_is_shared_they_are_the_newest(alice: Person):
    for year, name in ((2021, "Dora"), (2023, "Eve"), (2022, "Frank")):
        person = make_person(name)
        UserProfile.objects.filter(user_id=person.user_id).update(updated_at=timezone.now().replace(year=year))
    assert recommended(alice) == ["Eve", "Frank", "Dora"]
    assert len(generate(alice, limit=2)) == 2


def test_who_is_never_recommended(alice: Person, bob: Person):
    for status in ConnectionStatus:
        connect(alice, make_person(f"To{status}"), status)
        connect(make_person(f"From{status}"), alice, status)
    Suspension.objects.create(user_id=make_person("Suspended").user_id)
    banned = make_person("Banned")
    AuthUser.objects.filter(id=banned.user_id).update(banned_until=timezone.now().replace(year=2100))
    for status in ("accepted", "dismissed"):
        other = make_person(status)
        UserRecommendation.objects.create(
            user_id=alice.user_id, recommended_user_id=other.user_id, status=status, similarity_score=1
        )
    over = make_person("Over")
    Suspension.objects.create(user_id=over.user_id, until=timezone.now().replace(year=2020))

    assert recommended(alice) == ["Over"]
    people = alice.client.get("/api/recommended/users").json()["data"]
    assert [person["name"] for person in people] == ["Over"]


ODD = [None, [], ["chess"], "chess", 5, True, {"interests": "chess"}, {"interests": None}, {"interests": {"a": 1}},
       {"interests": [None, 1, ["chess"], {"chess": 1}, "", " ", "x" * 5000]}, {"skills": [[[]]]}]  # fmt: skip


def test_whatever_other_clients_wrote_fails_nothing(alice: Person, subtests: pytest.Subtests):
    cares(alice, interests=["chess"])
    dora = caring("Dora", "chess")
    eve = make_person("Eve")
    for value in ODD:
        with subtests.test(repr(value)[:40]):
            UserProfile.objects.filter(user_id=eve.user_id).update(attributes=value)
            assert recommended(alice) == ["Dora", "Eve"]
            assert {row["recommended_user"]["name"] for row in generate(eve)} == {"Alice", "Dora"}
            assert eve.client.get("/api/recommended/users").status_code == 200
    assert by_interests(uuid.uuid4(), 5)[0].score == 0
    assert dora.profile


def test_what_a_person_decided_stays(alice: Person):
    cares(alice, interests=["chess"])
    dora, eve = caring("Dora", "chess"), caring("Eve", "chess")
    first = {row["recommended_user"]["name"]: row["id"] for row in generate(alice)}
    assert alice.client.get(f"{URL}/{first['Dora']}").json()["data"]["status"] == "viewed"
    answer = alice.client.put(f"{URL}/{first['Eve']}", {"status": "dismissed"})
    assert_documented(answer)
    assert answer.json()["data"]["status"] == "dismissed"

    cares(dora, interests=["poker"])
    again = generate(alice)

    assert [(row["id"], row["status"], row["similarity_score"]) for row in again] == [(first["Dora"], "viewed", 0.0)]
    assert alice.client.delete(f"{URL}/{first['Eve']}").status_code == 204
    assert set(recommended(alice)) == {"Dora", "Eve"}
    connect(alice, dora)
    connect(eve, alice, ConnectionStatus.PENDING)
    assert generate(alice) == []
    assert [row["status"] for row in listed(alice)] == ["viewed"], "what nobody looked at is forgotten"


def test_looking_at_one_counts_once(alice: Person):
    make_person("Dora")
    (made,) = generate(alice)
    seen = [alice.client.get(f"{URL}/{made['id']}").json()["data"] for _ in range(2)]
    assert [row["status"] for row in seen] == ["viewed", "viewed"]
    assert seen[0]["updated_at"] == seen[1]["updated_at"]
    Suspension.objects.create(user_id=alice.user_id)
    assert alice.client.get(f"{URL}/{made['id']}").status_code == 200


def test_they_are_listed_filtered_and_sorted(alice: Person, subtests: pytest.Subtests):
    cares(alice, interests=["a", "b", "c"])
    people = {name: caring(name, *interests) for name, interests in (("Dora", "abc"), ("Eve", "ab"), ("Frank", "a"))}
    ids = {row["recommended_user"]["name"]: row["id"] for row in generate(alice)}
    alice.client.get(f"{URL}/{ids['Frank']}")
    alice.client.put(f"{URL}/{ids['Eve']}", {"status": "accepted"})
    names = {str(person.user_id): name for name, person in people.items()}
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["Dora", "Eve", "Frank"]),
        ({"sort_dir": "asc"}, ["Frank", "Eve", "Dora"]),
        ({"status": "viewed"}, ["Frank"]),
        ({"status": "generated"}, ["Dora"]),
        ({"sort_by": "status"}, ["Eve", "Frank", "Dora"]),
        ({"sort_by": "status", "sort_dir": "asc"}, ["Dora", "Frank", "Eve"]),
    ]
    for query, expected in cases:
        with subtests.test(str(query)):
            assert [names[row["recommended_user_id"]] for row in listed(alice, **query)] == expected
            walked, url = [], f"{URL}?per_page=1&cursor="
            url += "".join(f"&{name}={value}" for name, value in query.items())
            while url:
                page = alice.client.get(url).json()
                walked += [names[row["recommended_user_id"]] for row in page["data"]]
                url = page["links"]["next"]
            assert walked == expected
    assert_error(alice.client.get(URL, {"status": "liked"}), 422, "validation_failed", field="status")
    assert listed(alice, include="recommendedUser")[0]["recommended_user"]["name"] == "Dora"


def test_only_ones_own(alice: Person, bob: Person, charlie: Person, admin: Person):
    cares(alice, interests=["chess"])
    made = generate(alice)[0]["id"]
    for other in (bob, charlie, admin):
        assert_error(other.client.get(f"{URL}/{made}"), 403, "forbidden")
        assert_error(other.client.put(f"{URL}/{made}", {"status": "dismissed"}), 403, "forbidden")
        assert_error(other.client.delete(f"{URL}/{made}"), 403, "forbidden")
        assert made not in {row["id"] for row in listed(other)}
        body = {"user_id": str(alice.user_id), "recommended_user_id": str(charlie.user_id)}
        assert_error(other.client.post(URL, body), 403, "forbidden")
    assert_error(alice.client.get(f"{URL}/{uuid.uuid4()}"), 404, "not_found")
    assert UserRecommendation.objects.get(id=made).status == "generated"


def test_somebody_is_noted_by_hand(alice: Person, bob: Person, charlie: Person):
    body = {"recommended_user_id": str(charlie.user_id), "similarity_score": 0.25, "metadata": {"by": "me"}}
    answer = alice.client.post(f"{URL}?include=recommendedUser", body)
    assert answer.status_code == 201, answer.content
    assert_documented(answer)
    made = answer.json()["data"]
    assert (made["similarity_score"], made["context"], made["status"]) == (0.25, {"by": "me"}, "generated")
    assert made["recommended_user"]["name"] == "Charlie"
    assert_error(alice.client.post(URL, body), 422, "conflict")
    changed = alice.client.put(f"{URL}/{made['id']}", {"context": None, "user_id": str(bob.user_id)}).json()["data"]
    assert (changed["context"], changed["user_id"]) == (None, str(alice.user_id))


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "recommended_user_id"),
    ({"recommended_user_id": 5}, "recommended_user_id"),
    ({"recommended_user_id": "00000000-0000-4000-8000-000000000000"}, "recommended_user_id"),
    ({"recommended_user_id": "{alice}"}, "recommended_user_id"),
    ({"recommended_user_id": "{charlie}", "similarity_score": 1.01}, "similarity_score"),
    ({"recommended_user_id": "{charlie}", "similarity_score": "NaN"}, "similarity_score"),
    ({"recommended_user_id": "{charlie}", "similarity_score": 0.12345}, "similarity_score"),
    ({"recommended_user_id": "{charlie}", "status": "liked"}, "status"),
    ({"recommended_user_id": "{charlie}", "context": []}, "context"),
    ({"recommended_user_id": "{charlie}", "context": {"a": "\0"}}, "context.a"),
]


def test_bad_bodies_are_422_and_write_nothing(alice: Person, charlie: Person, subtests: pytest.Subtests):
    ids = {"{alice}": str(alice.user_id), "{charlie}": str(charlie.user_id)}
    for body, field in BAD:
        with subtests.test(str(body)):
            filled = {name: ids.get(str(value), value) for name, value in body.items()}
            assert_error(alice.client.post(URL, filled), 422, field=field)
    for limit in (0, 51, "x", None, 10**30):
        assert_error(alice.client.post(f"{URL}/generate", {"limit": limit}), 422, field="limit")
    assert not UserRecommendation.objects.exists()


def test_a_persons_are_made_anew_by_them_and_admins(alice: Person, bob: Person, admin: Person, mod: Person):
    url = f"/api/users/{alice.user_id}/generateSimilarUsers"
    for who in (alice, admin):
        answer = who.client.post(url)
        assert answer.status_code == 200, answer.content
        assert_documented(answer)
        assert answer.json()["recommendations_processed"] == 2
    assert alice.client.post(f"/api/users/{alice.profile.id}/generateSimilarUsers").status_code == 200
    for who in (bob, mod):
        assert_error(who.client.post(url), 403, "forbidden")
    assert_error(admin.client.post(f"/api/users/{uuid.uuid4()}/generateSimilarUsers"), 404, "not_found")
    assert {row.user_id for row in UserRecommendation.objects.all()} == {alice.user_id}


def test_people_a_block_stands_between_are_absent(alice: Person, charlie: Person, subtests: pytest.Subtests):
    for blocker, blocked in ((alice, charlie), (charlie, alice)):
        with subtests.test(blocker.name):
            UserConnection.objects.all().delete()
            cares(alice, interests=["chess"])
            made = generate(alice)[0]["id"]
            block(blocker, blocked)
            assert listed(alice) == []
            assert alice.client.get(URL).json()["meta"]["total"] == 0
            assert_error(alice.client.get(f"{URL}/{made}"), 404, "not_found")
            assert_error(alice.client.put(f"{URL}/{made}", {"status": "accepted"}), 404, "not_found")
            assert alice.client.get("/api/recommended/users").json()["data"] == []
            assert generate(alice) == generate(charlie) == []
            body = {"recommended_user_id": str(charlie.user_id)}
            assert_error(alice.client.post(URL, body), 422, field="recommended_user_id")


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_row_for_each_pair(alice: Person, together: Any):
    cares(alice, interests=["chess"])
    for n in range(20):
        caring(f"Person{n}", "chess")
    caller = alice.caller

    def make() -> int:
        return len(services.recommendations_generate(caller=caller, user_id=alice.user_id, limit=20))

    assert together(*[make] * 6) == [20] * 6
    assert UserRecommendation.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_noting_somebody_twice_at_once_is_one_row(alice: Person, charlie: Person, together: Any):
    body = {"recommended_user_id": str(charlie.user_id)}
    answers = together(*[lambda: alice.client.post(URL, body).status_code] * 5)
    assert sorted(answers) == [201, 422, 422, 422, 422]
    assert UserRecommendation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_person_hears_that_they_are_ready(alice: Person, monkeypatch: pytest.MonkeyPatch):
    heard: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        services.recommendations, "broadcast_on_commit", lambda group, payload: heard.append((group, payload))
    )
    make_person("Dora")
    generate(alice)
    assert heard == [(f"user.{alice.user_id}", {"type": "recommendation.ready", "count": 1})]
