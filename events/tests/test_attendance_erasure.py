"""Whoever goes frees their place: erased people, deleted events, and what other clients delete past us."""

import uuid
from typing import Any

import dramatiq
import pytest
from django.db import connection

from accounts.models import AuthUser, UserProfile
from events.models import CalendarToken, Event, EventAttendance, EventRevision
from events.services import attendance_sweep
from events.tests.invitations import answers, attend, count, event_row, going, invite, own_answer
from lifestring.testing.people import Person, make_person

pytestmark = pytest.mark.django_db


def ours() -> int:
    return sum(model.objects.count() for model in (EventAttendance, EventRevision, CalendarToken))


def test_erasing_a_person_frees_their_places_and_moves_the_line(alice: Person, bob: Person, charlie: Person):
    full, own = invite(alice, places=1), invite(bob)
    going(bob, full)
    going(charlie, full, wait=True)
    going(charlie, own)
    bob.client.patch(f"/api/events/{own}", {"title": "changed"})
    bob.client.post("/api/my/events.ics/token")

    assert bob.client.delete("/api/me").status_code == 204

    assert own_answer(charlie, full) == ("going", None)
    assert (count(full), answers(full), answers(own)) == (1, {"going": 1}, {})
    assert list(Event.objects.values_list("id", flat=True)) == [uuid.UUID(full)]
    assert ours() == 1


def test_deleting_an_event_takes_its_answers_along(alice: Person, bob: Person):
    event, other = invite(alice), invite(alice)
    for person in (alice, bob):
        going(person, event)
    going(bob, other)
    alice.client.patch(f"/api/events/{event}", {"title": "changed"})

    assert alice.client.delete(f"/api/events/{event}").status_code == 204

    assert (ours(), answers(other)) == (1, {"going": 1})


def test_the_sweep_puts_right_what_others_did_past_us(alice: Person, bob: Person, charlie: Person):
    full, wider, rewritten, gone, untouched = (invite(alice, places=1) for _ in range(5))
    legacy = event_row(alice, meta_data={"current_participants": 7})
    odd = event_row(alice, meta_data=["odd"])
    stranger = make_person("Dana")
    going(stranger, full)
    for event in (full, wider, rewritten, gone, untouched, odd):
        for person in (bob, charlie):
            going(person, event, wait=True)
    stranger.client.post("/api/my/events.ics/token")
    Event.objects.filter(id=gone).delete()
    UserProfile.objects.filter(user_id=stranger.user_id).delete()
    AuthUser.objects.filter(id=stranger.user_id).delete()
    Event.objects.filter(id=wider).update(meta_data={"max_participants": 5, "current_participants": 1})
    Event.objects.filter(id=rewritten).update(meta_data={"max_participants": 1, "current_participants": 40})

    assert attendance_sweep() == 3

    assert answers(gone) == {}
    assert (own_answer(bob, full), own_answer(charlie, full)) == (("going", None), ("waiting", 1))
    assert (answers(wider), answers(rewritten)) == ({"going": 2}, {"going": 1, "waiting": 1})
    assert [count(event) for event in (full, wider, rewritten, untouched)] == [1, 2, 1, 1]
    assert Event.objects.get(id=legacy).meta_data == {"current_participants": 7}
    assert not CalendarToken.objects.exists()
    assert attendance_sweep() == 0


def test_the_sweep_is_a_job_by_the_clock(alice: Person, bob: Person):
    event = invite(alice)
    attend(bob, event)
    Event.objects.all().delete()

    actor: Any = dramatiq.get_broker().get_actor("events.sweep_attendance")
    actor.fn()

    assert ours() == 0


def test_the_database_takes_no_answer_that_is_none(alice: Person):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE conname IN ('attendance_status', 'events_eventattendance_pkey')"
        )
        assert cursor.fetchone() == (2,)
