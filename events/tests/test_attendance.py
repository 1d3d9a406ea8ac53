"""Saying whether one comes: places, the line for them, and the count that follows (docs/api.md, Events)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuthUser, Suspension, UserConnection
from accounts.realtime import user_group
from events.models import Event, EventAttendance
from events.services import locked
from events.tests.invitations import (
    START,
    UNKNOWN,
    answers,
    attend,
    body_of,
    count,
    event_row,
    get,
    going,
    invite,
    leave,
    own_answer,
)
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(db: None) -> list[Person]:
    """Four more people."""
    return [make_person(f"Person {number}") for number in range(4)]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What is broadcast about places, in order."""
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(locked, "broadcast_on_commit", lambda group, frame: sent.append((group, frame)))
    return sent


def test_answers_change_back_and_forth_and_the_count_follows(alice: Person, bob: Person, charlie: Person):
    event = invite(alice, places=2)
    answer = attend(bob, event)
    assert_documented(answer)
    first = body_of(answer)["data"]
    assert (first["status"], first["current_participants"], first["max_participants"]) == ("going", 1, 2)
    assert first["created_at"] == first["updated_at"]

    assert going(bob, event) == first, "the same answer again changes nothing"
    for status, expected in (("maybe", 0), ("declined", 0), ("going", 1), ("declined", 0), ("maybe", 0), ("going", 1)):
        found = body_of(attend(bob, event, status))["data"]
        assert (found["status"], found["created_at"], count(event)) == (status, first["created_at"], expected)
    going(alice, event)
    assert (count(event), answers(event)) == (2, {"going": 2})
    assert body_of(attend(charlie, event, "maybe"))["data"]["current_participants"] == 2
    for _ in range(2):
        leave(bob, event)
        assert (count(event), own_answer(bob, event)) == (1, (None, None))
    leave(make_person("Nobody"), event)
    assert get(alice, f"/api/events/{event}")["data"]["meta_data"] == {"max_participants": 2, "current_participants": 1}


def test_it_rejects_what_is_no_answer(alice: Person):
    event = invite(alice)
    for body in ({}, {"status": "waiting"}, {"status": "GOING"}, {"status": None}, {"status": ["going"]}, {"status": {}},
                 {"status": "going", "wait": "perhaps"}, {"status": "going", "wait": None}, []):  # fmt: skip
        assert_error(alice.client.put(f"/api/events/{event}/attendance", body), 422, "validation_failed")
    assert_error(attend(alice, UNKNOWN), 404, "not_found")
    assert_error(alice.client.delete(f"/api/events/{UNKNOWN}/attendance"), 404, "not_found")
    assert_error(alice.client.post(f"/api/events/{event}/attendance", {"status": "going"}), 405)
    assert answers(event) == {}


def test_a_full_event_takes_nobody_and_a_place_that_is_left_is_free(alice: Person, bob: Person, charlie: Person):
    event = invite(alice, places=1)
    going(bob, event)
    answer = attend(charlie, event)
    assert_error(answer, 422, "full")
    assert_documented(answer)
    assert answers(event) == {"going": 1}
    attend(charlie, event, "maybe")
    assert_error(attend(charlie, event), 422, "full")
    assert own_answer(charlie, event) == ("maybe", None)
    assert going(bob, event)["status"] == "going"
    attend(bob, event, "declined")
    assert going(charlie, event)["current_participants"] == count(event) == 1


def test_whoever_waits_moves_up_in_order_and_is_told(alice: Person, bob: Person, crowd: list[Person], told: list[Any]):
    event = invite(alice, places=1, title="Chess")
    going(bob, event)
    for place, person in enumerate(crowd, start=1):
        found = going(person, event, wait=True)
        assert (found["status"], found["waiting_place"], found["current_participants"]) == ("waiting", place, 1)
    assert going(crowd[0], event, wait=True)["waiting_place"] == 1, "asking again costs nobody their place"
    assert_error(attend(crowd[0], event), 422, "full")
    assert [own_answer(person, event)[1] for person in crowd] == [1, 2, 3, 4]

    leave(bob, event)
    assert [own_answer(person, event) for person in crowd[:2]] == [("going", None), ("waiting", 1)]
    attend(crowd[1], event, "declined")
    alice.client.patch(f"/api/events/{event}", {"meta_data": {"max_participants": 2}})
    assert [own_answer(person, event) for person in crowd[2:]] == [("going", None), ("waiting", 1)]
    going(crowd[1], event, wait=True)
    assert count(event) == 2
    alice.client.put(f"/api/events/{event}", {"meta_data": {}})
    assert (count(event), answers(event)) == (4, {"going": 4})
    assert [group for group, _ in told] == [
        user_group(person.user_id) for person in (crowd[0], crowd[2], crowd[3], crowd[1])
    ]
    assert {tuple(frame) for _, frame in told} == {("type", "event_id", "title", "start_time")}
    assert told[0][1] == {
        "type": "event.promoted",
        "event_id": Event.objects.get().id,
        "title": "Chess",
        "start_time": START,
    }


def test_wait_with_a_free_place_is_a_place(alice: Person, bob: Person):
    event = invite(alice, places=1)
    assert going(bob, event, wait=True)["status"] == "going"
    assert body_of(attend(alice, event, "maybe", wait=True))["data"]["status"] == "maybe"


def test_fewer_places_send_nobody_away_but_let_nobody_in(alice: Person, bob: Person, crowd: list[Person]):
    event = invite(alice, places=3)
    for person in crowd[:3]:
        going(person, event)
    alice.client.patch(f"/api/events/{event}", {"meta_data": {"max_participants": 1}})

    assert count(event) == 3
    assert going(bob, event, wait=True)["status"] == "waiting"
    for person in crowd[:2]:
        leave(person, event)
        assert own_answer(bob, event) == ("waiting", 1)
    assert going(crowd[2], event)["current_participants"] == 1
    leave(crowd[2], event)
    assert own_answer(bob, event) == ("going", None)


@pytest.mark.parametrize(
    "ends_patience",
    [
        block,
        lambda organiser, waiting: block(waiting, organiser),
        lambda _, waiting: Suspension.objects.create(user_id=waiting.user_id),
        lambda _, waiting: AuthUser.objects.filter(id=waiting.user_id).update(
            banned_until=timezone.now() + timedelta(1)
        ),
    ],
    ids=["blocked by the organiser", "blocks the organiser", "suspended", "banned"],
)
def test_who_may_not_come_keeps_the_place_in_line_and_is_passed_by(
    alice: Person, crowd: list[Person], told: list[Any], ends_patience: Callable[[Person, Person], Any]
):
    event = invite(alice, places=1)
    for person in crowd[:3]:
        going(person, event, wait=True)
    ends_patience(alice, crowd[1])

    leave(crowd[0], event)

    assert [group for group, _ in told] == [user_group(crowd[2].user_id)]
    assert EventAttendance.objects.get(user_id=crowd[1].user_id).status == "waiting"
    UserConnection.objects.all().delete()
    Suspension.objects.all().delete()
    AuthUser.objects.update(banned_until=None)
    leave(crowd[2], event)
    assert own_answer(crowd[1], event) == ("going", None)


def test_whoever_waits_comes_before_a_newcomer_also_when_the_place_came_past_us(
    alice: Person, bob: Person, charlie: Person
):
    event = invite(alice, places=1)
    going(alice, event)
    going(bob, event, wait=True)
    Event.objects.filter(id=event).update(meta_data={"max_participants": 2})

    assert going(charlie, event, wait=True)["status"] == "waiting"
    assert own_answer(bob, event) == ("going", None)
    assert count(event) == 2


def test_across_a_block_nobody_joins_but_leaving_stays_possible(alice: Person, bob: Person, charlie: Person):
    event, theirs = invite(alice), invite(charlie)
    going(charlie, event)
    block(alice, charlie)

    for status in ("going", "maybe", "declined"):
        assert_error(attend(charlie, event, status), 403, "blocked")
        assert_error(attend(alice, theirs, status), 403, "blocked")
    assert count(event) == 1
    attendees = f"/api/events/{event}/attendees"
    going(bob, event)
    assert [found["user"]["name"] for found in get(alice, attendees)["data"]] == ["Bob"]
    assert [found["user"]["name"] for found in get(bob, attendees)["data"]] == ["Charlie", "Bob"]
    assert get(alice, f"/api/events/{event}")["data"]["meta_data"]["current_participants"] == 2
    leave(charlie, event)
    assert count(event) == 1


def test_an_event_that_is_over_takes_no_answers(alice: Person, bob: Person):
    ago = timezone.now() - timedelta(hours=1)
    over = event_row(alice, start_time=ago - timedelta(hours=1), end_time=ago)
    going_on = event_row(alice, start_time=ago, end_time=timezone.now() + timedelta(hours=1))
    open_ended = event_row(alice, start_time=ago - timedelta(days=400))
    weekly = event_row(alice, start_time=ago, end_time=ago, meta_data={"recurrence": "FREQ=WEEKLY"})
    EventAttendance.objects.create(event_id=over, user_id=bob.user_id, status="maybe")

    assert_error(attend(bob, over), 422, "conflict")
    assert own_answer(bob, over) == ("maybe", None)
    for event in (going_on, open_ended, weekly):
        assert going(bob, event)["status"] == "going"
    leave(bob, over)
    assert own_answer(bob, over) == (None, None)


@pytest.mark.parametrize(
    ("meta", "capacity"),
    [('[{"max_participants": 1}]', None), ("null", None), ('"max_participants"', None), ("5", None), ("{}", None),
     ('{"max_participants": null}', None), ('{"max_participants": 0}', None), ('{"max_participants": -1}', None),
     ('{"max_participants": 1.5}', None), ('{"max_participants": 1e30}', None), ('{"max_participants": "many"}', None),
     ('{"max_participants": [1]}', None), ('{"max_participants": true}', None), ('{"max_participants": "99999999999"}', None),
     ('{"max_participants": 1}', 1), ('{"max_participants": "1", "current_participants": "x"}', 1)],
)  # fmt: skip
def test_what_is_no_limit_limits_nobody_and_never_fails(alice: Person, bob: Person, meta: str, capacity: int | None):
    event = event_row(alice)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events SET meta_data = %s::jsonb", [meta])

    assert going(alice, event)["max_participants"] == capacity
    if capacity:
        assert_error(attend(bob, event), 422, "full")
    else:
        assert going(bob, event)["current_participants"] == 2
    if meta.startswith("{"):
        assert count(event) == (capacity or 2)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT meta_data::text FROM events")
            assert cursor.fetchone() == (meta,)


def test_attendees_are_listed_in_the_order_of_their_answers(alice: Person, bob: Person, crowd: list[Person]):
    event = invite(alice, places=1)
    people = [bob, *crowd]
    for person, status in zip(people, ("going", "going", "maybe", "declined", "going"), strict=True):
        attend(person, event, status, wait=True)
    url = f"/api/events/{event}/attendees"

    found = get(alice, url)
    assert [row["user"]["name"] for row in found["data"]] == [person.name for person in people]
    assert [row["status"] for row in found["data"]] == ["going", "waiting", "maybe", "declined", "waiting"]
    assert set(found["data"][0]) == {"user_id", "status", "created_at", "updated_at", "user"}
    waiting = get(bob, url, status="waiting")
    assert [row["user_id"] for row in waiting["data"]] == [str(crowd[0].user_id), str(crowd[3].user_id)]
    assert waiting["meta"]["total"] == 2
    assert get(bob, url, status="going", sort_dir="desc", sort_by="created_at")["meta"]["total"] == 1
    first = get(bob, url, cursor="", per_page=2)
    rest = get(bob, url, cursor=first["meta"]["next_cursor"], per_page=3)
    assert first["data"] + rest["data"] == found["data"]
    assert_error(bob.client.get(url, {"status": "gone"}), 422, field="status")
