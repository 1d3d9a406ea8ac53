"""Many at once, on real connections: no place is given twice, none is lost, and the count equals the rows throughout."""

import threading
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection, connections

from events.models import Event, EventAttendance
from events.services import attendance_remove, attendance_set, attendance_sweep, event_delete, event_update
from events.tests.invitations import START, answers, attend, count, event_row, going, invite, own_answer
from lifestring.errors import DomainError, NotFoundError
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for, make_person
from lifestring.testing.volume import many_people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("many_connections")]


def crowd_of(number: int) -> list[Person]:
    return [Person(user_id, "Person", client_for(user_id)) for user_id in many_people(number)]


def test_a_hundred_claims_at_once_never_overrun_and_leave_no_place(alice: Person, together: Together):
    event = invite(alice, places=7)
    crowd = crowd_of(100)
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(count(event))
        connections.close_all()

    watching = threading.Thread(target=watch)
    watching.start()

    def claim(two: list[Person]) -> list[tuple[int, str]]:
        found = [attend(person, event) for person in two]
        return [(answer.status_code, answer.json().get("code", "")) for answer in found]

    try:
        results = together(*[lambda two=crowd[n : n + 2]: claim(two) for n in range(0, 100, 2)])
    finally:
        done.set()
        watching.join()

    assert Counter(one for two in results for one in two) == {(200, ""): 7, (422, "full"): 93}
    assert (count(event), answers(event)) == (7, {"going": 7})
    assert max(seen) <= 7
    assert seen == sorted(seen)


def test_leaving_waiting_and_changing_at_once_fills_every_place_in_order(alice: Person, together: Together):
    event = invite(alice, places=5)
    crowd = crowd_of(30)
    for person in crowd:
        going(person, event, wait=True)
    leavers, others = crowd[:3] + crowd[6:9], crowd[12:18]
    raised = {"meta_data": {"max_participants": 9}}

    together(
        *[lambda person=person: person.client.delete(f"/api/events/{event}/attendance") for person in leavers],
        *[lambda person=person: attend(person, event, "maybe") for person in others],
        lambda: alice.client.patch(f"/api/events/{event}", raised),
    )

    assert count(event) == 9
    assert answers(event) == {"going": 9, "maybe": 6, "waiting": 9}
    in_order = [person for person in crowd if person not in [*leavers, *others]]
    assert [own_answer(person, event)[0] for person in in_order] == ["going"] * 9 + ["waiting"] * 9


def test_one_person_asking_many_times_at_once_has_one_place(alice: Person, bob: Person, together: Together):
    event = invite(alice, places=2)
    statuses = ["going", "maybe", "going", "declined"] * 4

    answered = together(*[lambda status=status: attend(bob, event, status).status_code for status in statuses])

    assert set(answered) == {200}
    assert sum(answers(event).values()) == 1
    assert count(event) in {0, 1}


def test_a_deleted_event_leaves_no_answer_behind_whoever_answers_meanwhile(alice: Person, together: Together):
    crowd = crowd_of(12)

    def answer_and_delete(event: str) -> list[int]:
        return together(
            *[lambda person=person: attend(person, event, wait=True).status_code for person in crowd],
            lambda: alice.client.delete(f"/api/events/{event}").status_code,
        )

    for _ in range(3):
        assert set(answer_and_delete(invite(alice, places=6))) <= {200, 204, 404}
    assert not EventAttendance.objects.exists()


def test_erasing_people_and_answers_at_once_neither_block_each_other_nor_leave_a_trace(
    alice: Person, together: Together
):
    events = [invite(alice, places=2) for _ in range(3)]
    crowd = crowd_of(8)
    for person in crowd:
        for event in events:
            going(person, event, wait=True)
    erased, staying = crowd[:4], crowd[4:]

    def answer_everything(person: Person, order: list[str]) -> None:
        for event in order:
            attend(person, event, "maybe")
            attend(person, event, "going", wait=True)

    gone = together(
        *[lambda person=person: person.client.delete("/api/me").status_code for person in erased],
        *[lambda person=person: answer_everything(person, events) for person in erased],
        *[lambda person=person: answer_everything(person, events[::-1]) for person in staying],
        attendance_sweep,
    )

    assert set(gone[:4]) == {204}
    # A request that came with a token of theirs after the erasure is somebody new; nobody here lost a place to them.
    for person in staying:
        assert {own_answer(person, event)[0] for event in events} <= {"going", "waiting"}
    for event in events:
        assert count(event) == 2


def test_nobody_who_is_being_erased_gets_a_place(alice: Person, bob: Person):
    event = uuid.UUID(event_row(alice))
    caller = bob.caller
    bob.client.delete("/api/me")

    with pytest.raises(NotFoundError):
        attendance_set(caller=caller, event_id=event, status="going")
    assert answers(str(event)) == {}


def test_the_lock_is_what_decides(alice: Person, bob: Person, together: Together):
    """Two who come while the event's row is held wait, and the one place goes to one of them."""
    event = uuid.UUID(event_row(alice, meta_data={"max_participants": 1}))
    people = [bob.caller, make_person("Dana").caller]
    results: list[Any] = []

    def claim(caller: Any) -> None:
        try:
            attendance_set(caller=caller, event_id=event, status="going")
            results.append("in")
        except DomainError as error:
            results.append(str(error.code))

    together(*[lambda caller=caller: claim(caller) for caller in people])
    assert sorted(results) == ["full", "in"]
    holder = EventAttendance.objects.get()
    together(
        lambda: attendance_remove(caller=next(p for p in people if p.user_id == holder.user_id), event_id=event),
        lambda: event_update(caller=alice.caller, event_id=event, values={"start_time": START}, merge=True),
    )
    assert count(str(event)) == 0
    event_delete(caller=alice.caller, event_id=event)
    assert not Event.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django.events_eventrevision")
        assert cursor.fetchone() == (0,)
