"""Joins: events that look for company, flat (docs/api.md, Events)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from events.models import Event
from events.tests.invitations import UNKNOWN, attend, body_of, event_row, get, going, invite
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block

pytestmark = pytest.mark.django_db

DETAILED = "CREATE TABLE public.detailed_profiles (user_id uuid UNIQUE, profile_photo text, name text)"


def post(person: Person, **fields: Any) -> dict[str, Any]:
    answer = person.client.post("/api/joins", {"title": "join", **fields})
    assert_documented(answer)
    found: dict[str, Any] = body_of(answer, 201)
    return found


def titles(person: Person, url: str = "/api/joins", **query: Any) -> list[str]:
    return [join["title"] for join in get(person, url, **query)["joins"]]


def test_a_join_is_an_event_with_the_same_rules(alice: Person, bob: Person, charlie: Person):
    join = post(alice, max_participants=1, tags=["Chess"], difficulty="easy", duration="2 hours", description="d", location="l",
                id=UNKNOWN, is_joined=True, match_score=1, current_participants=5)  # fmt: skip
    event = get(bob, f"/api/events/{join['id']}")["data"]
    assert event["meta_data"] == {
        "is_join": True,
        "max_participants": 1,
        "tags": ["Chess"],
        "difficulty": "easy",
        "duration": "2 hours",
        "current_participants": 0,
    }
    assert event["start_time"][:10] == timezone.now().date().isoformat()
    assert (join["current_participants"], join["is_joined"]) == (0, False)
    going(bob, join["id"])
    assert_error(attend(charlie, join["id"]), 422, "full")
    seen = get(bob, f"/api/joins/{join['id']}")
    assert (seen["current_participants"], seen["is_joined"]) == (1, True)
    assert get(alice, f"/api/joins/{join['id']}")["is_joined"] is False
    going(charlie, join["id"], wait=True)
    url = f"/api/joins/{join['id']}"
    changed = body_of(
        alice.client.put(url, {"max_participants": None, "tags": ["go"], "start_time": "2050-01-01T00:00:00Z"})
    )
    assert (changed["current_participants"], changed["max_participants"], changed["tags"]) == (2, None, ["go"])
    assert (changed["difficulty"], changed["title"]) == ("easy", "join")
    assert get(bob, f"/api/events/{join['id']}")["data"]["meta_data"]["is_join"] is True
    assert_error(alice.client.put(url, {"end_time": "2049-01-01T00:00:00Z"}), 422, field="end_time")
    for person in (bob, charlie):
        assert_error(person.client.put(url, {"title": "x"}), 403, "forbidden")
        assert_error(person.client.delete(url), 403, "forbidden")
    assert alice.client.delete(url).status_code == 204
    assert_error(bob.client.get(url), 404, "not_found")


def test_what_breaks_a_rule_is_named(alice: Person):
    join = post(alice)
    for changes, field in (
        ({"title": " "}, "title"), ({"max_participants": 0}, "max_participants"), ({"max_participants": "5"}, "max_participants"),
        ({"max_participants": True}, "max_participants"), ({"tags": "x"}, "tags"), ({"tags": ["x"] * 21}, "tags"),
        ({"tags": ["ok", "x" * 51]}, "tags.1"), ({"tags": [1, {}]}, "tags.1"), ({"duration": {}}, "duration"),
        ({"difficulty": "x" * 101}, "difficulty"), ({"start_time": "soon"}, "start_time"), ({"location": "x" * 256}, "location"),
        ({"end_time": "2001-01-01T00:00:00Z"}, "end_time"), ({"description": "nul \0"}, "description"),
    ):  # fmt: skip
        assert_error(alice.client.post("/api/joins", {"title": "join", **changes}), 422, field=field)
        assert_error(alice.client.put(f"/api/joins/{join['id']}", changes), 422, field=field)
    assert Event.objects.count() == 1


def test_an_event_that_is_no_join_is_not_found_among_them(alice: Person, bob: Person):
    event = invite(alice)
    for meta in ({"is_join": "true"}, {"is_join": 1}, ["is_join"], {"is_join": False}):
        event_row(alice, meta_data=meta)
    for answer in (alice.client.get(f"/api/joins/{event}"), alice.client.put(f"/api/joins/{event}", {"title": "x"}),
                   alice.client.delete(f"/api/joins/{event}"), bob.client.delete(f"/api/joins/{UNKNOWN}")):  # fmt: skip
        assert_error(answer, 404, "not_found")
    assert get(alice, "/api/joins") == {"joins": [], "total": 0, "page": 1, "per_page": 15}
    assert Event.objects.count() == 5


def test_lists_are_narrowed_and_paged(alice: Person, bob: Person, charlie: Person):
    for person, title, place, difficulty in (
        (alice, "Chess night", "Lisbon", "easy"), (bob, "Bird walk", "Porto", "Hard"), (alice, "Chess lesson", "porto", None),
    ):  # fmt: skip
        post(person, title=title, location=place, difficulty=difficulty)
    newest_first = ["Chess lesson", "Bird walk", "Chess night"]

    assert titles(bob) == newest_first
    assert titles(bob, location="PORT") == newest_first[:2]
    assert titles(bob, difficulty="hard") == ["Bird walk"]
    assert titles(bob, search="ches", location="lisb") == ["Chess night"]
    assert titles(alice, "/api/joins/my") == ["Chess lesson", "Chess night"]
    page = get(bob, "/api/joins", page=2, per_page=2)
    assert ([join["title"] for join in page["joins"]], page["total"], page["page"], page["per_page"]) == (
        newest_first[2:],
        3,
        2,
        2,
    )
    assert get(bob, "/api/joins", page=2_000_000_000)["joins"] == []
    for name, bad in (("page", 0), ("per_page", 101), ("location", "x" * 256), ("search", "x" * 201)):
        assert_error(bob.client.get("/api/joins", {name: bad}), 422, field=name)
    block(alice, charlie)
    assert titles(charlie) == ["Bird walk"]
    assert get(charlie, "/api/joins")["total"] == 1


def test_the_score_says_how_much_is_shared(alice: Person, bob: Person, charlie: Person):
    alice.client.put("/api/me", {"attributes": {"interests": ["Chess", "coffee", "poetry", "CHESS"]}})
    bob.client.put("/api/me", {"attributes": {"interests": ["CHESS", "Go", 5, None, ["coffee"]]}})
    charlie.client.put("/api/me", {"attributes": ["interests"]})
    scores = {
        "both": post(alice, title="both", tags=["chess", "GO"])["id"],
        "half": post(alice, title="half", tags=["chess", "boats"])["id"],
        "none": post(alice, title="none", tags=["boats"])["id"],
        "bare": post(alice, title="bare")["id"],
    }

    def seen(person: Person) -> dict[str, float]:
        return {name: get(person, f"/api/joins/{join}")["match_score"] for name, join in scores.items()}

    assert seen(bob) == {"both": 0.8, "half": 0.45, "none": 0.1, "bare": 0.1}
    assert seen(charlie) == dict.fromkeys(scores, 0)
    assert seen(alice)["bare"] == 0.3


@pytest.mark.parametrize("odd", ['"chess"', "5", "null", '{"a": 1}', '["chess", 5, null, {"a": 1}, ["x"]]'])
def test_whatever_another_client_wrote_reads_flat(alice: Person, bob: Person, odd: str):
    event = event_row(alice)
    meta = "".join(
        f', "{name}": {odd}' for name in ("tags", "duration", "difficulty", "max_participants", "current_participants")
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events SET meta_data = %s::jsonb", [f'{{"is_join": true{meta}}}'])
        cursor.execute("UPDATE user_profiles SET attributes = %s::jsonb, contact_info = %s::jsonb", [odd, odd])

    for url in (f"/api/joins/{event}", "/api/joins"):
        answer = bob.client.get(url)
        assert_documented(answer)
        join = body_of(answer)
        assert (join.get("joins") or [join])[0]["tags"] == (["chess"] if odd.startswith("[") else [])


def test_the_avatar_comes_from_the_profile_or_the_longer_one(alice: Person, bob: Person):
    mine, theirs = post(alice)["id"], post(bob)["id"]
    alice.client.patch("/api/me", {"attributes": {"profile_photo": "https://images.example/own.jpg"}})

    def avatars() -> list[str | None]:
        return [get(bob, f"/api/joins/{join}")["user"]["avatar"] for join in (mine, theirs)]

    assert avatars() == ["https://images.example/own.jpg", None]
    with connection.cursor() as cursor:
        cursor.execute(DETAILED)
        for person in (alice, bob):
            cursor.execute(
                "INSERT INTO detailed_profiles VALUES (%s, 'https://images.example/other.jpg')", [person.user_id]
            )
    assert avatars() == ["https://images.example/own.jpg", "https://images.example/other.jpg"]


def test_a_join_without_an_end_stays_open(alice: Person, bob: Person):
    join = event_row(alice, start_time=timezone.now() - timedelta(days=90), meta_data={"is_join": True})

    assert going(bob, join)["status"] == "going"
