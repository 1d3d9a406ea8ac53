"""Rooms while everything happens at once: no deadlock, nothing half done, the log whole (docs/live.md, Guarantees)."""

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import LogSweep, Message, ReadMark, Room, RoomLogEntry, RoomParticipant, RoomPosition
from chat.services import room_log_sweep, room_log_trim, room_orphans_sweep
from chat.tests.rooms import assert_in_order, log_of, say
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for
from lifestring.testing.rooms import make_room
from lifestring.testing.volume import many_people

pytestmark = pytest.mark.django_db(transaction=True)

# 401 to whoever is erased meanwhile.
FINE = {200, 201, 204, 401, 403, 404, 422}


def crowd(count: int) -> list[Person]:
    return [Person(user_id, f"Person {n}", client_for(user_id)) for n, user_id in enumerate(many_people(count))]


def again(person: Person) -> Person:
    """The person with a client of their own, for one more thread."""
    return Person(person.user_id, person.name, client_for(person.user_id))


def work(person: Person, room: Any, *, turns: int, seed: int) -> set[int]:
    """Do something in a room, at random, so many times; returns the statuses."""
    chance, url, sent, statuses = random.Random(seed), f"/api/rooms/{room}", [], set()
    for _ in range(turns):
        acts: list[Callable[[], Any]] = [lambda: person.client.post(f"{url}/messages", {"content": "x"})]
        if sent:
            own = f"{url}/messages/{chance.choice(sent)}"
            acts += [
                lambda own=own: person.client.put(own, {"content": "changed"}),
                lambda own=own: person.client.delete(own),
                lambda: person.client.patch(url, {"name": "x"}),
                lambda: person.client.put(f"{url}/read", {"message_id": sent[0]}),
            ]
        answer = chance.choice(acts)()
        statuses.add(answer.status_code)
        if answer.status_code == 201:
            sent.append(answer.json()["data"]["id"])
    return statuses


def test_writes_of_every_kind_make_one_order(together: Together, many_connections: None):
    people = crowd(14)
    *writers, leaving, erased, newcomer = people
    room, other = make_room(*people[:-1]), make_room(*people)
    for person in (leaving, erased):
        say(person, room)

    def write(person: Person, seed: int) -> set[int]:
        return work(person, room, turns=6, seed=seed) | work(person, other, turns=2, seed=seed)

    def take_out() -> set[int]:
        url = f"/api/rooms/{room}/participants"
        add = writers[0].client.post(url, {"user_id": str(newcomer.user_id)})
        return {add.status_code, leaving.client.delete(f"{url}/{leaving.user_id}").status_code}

    writing = [
        lambda person=person, seed=seed: write(again(person), seed) for seed, person in enumerate([*writers, leaving])
    ]
    *statuses, _ = together(
        *writing,
        take_out,
        lambda: {again(erased).client.delete("/api/me").status_code},
        lambda: work(again(erased), room, turns=8, seed=99),
        room_log_sweep,
    )

    assert set().union(*statuses) <= FINE
    assert assert_in_order(room) > 30
    assert_in_order(other)
    for person in (leaving, erased):
        assert not RoomParticipant.objects.filter(room_id=room, user_id=person.user_id).exists()
    assert not Message.objects.filter(user_id=erased.user_id).exists()
    assert not RoomLogEntry.objects.filter(user_id=erased.user_id).exists()


def test_a_message_comes_before_the_removal_or_not_at_all(together: Together, many_connections: None):
    for _ in range(2):
        witness, *people = crowd(5)
        room = make_room(witness, *people)

        def send(person: Person, room: uuid.UUID = room) -> list[tuple[int, int | None]]:
            sent = [again(person).client.post(f"/api/rooms/{room}/messages", {"content": "x"}) for _ in range(4)]
            return [(one.status_code, one.json().get("data", {}).get("seq")) for one in sent]

        def leave(person: Person, room: uuid.UUID = room) -> int:
            answer = again(person).client.delete(f"/api/rooms/{room}/participants/{person.user_id}")
            return int(answer.json()["seq"])

        results = together(*[lambda p=p: send(p) for p in people], *[lambda p=p: leave(p) for p in people])
        for sent, left in zip(results[:4], results[4:], strict=True):
            assert all(seq < left for status, seq in sent if status == 201)
            assert {status for status, _ in sent} <= {201, 403}
        assert assert_in_order(room) == len(log_of(room))


def test_a_room_that_goes_takes_everything_with_it(together: Together, many_connections: None):
    for way in ("deleted", "left by all", "erased"):
        people = crowd(6)
        room = make_room(*people)
        say(people[0], room)

        def end(person: Person, way: str = way, room: uuid.UUID = room) -> int:
            place = f"/participants/{person.user_id}" if way == "left by all" else ""
            url = "/api/me" if way == "erased" else f"/api/rooms/{room}{place}"
            return int(again(person).client.delete(url).status_code)

        enders = people[:1] if way == "deleted" else people
        together(
            *[lambda p=p, n=n, room=room: work(again(p), room, turns=4, seed=n) for n, p in enumerate(people)],
            *[lambda p=p: end(p) for p in enders],
            room_orphans_sweep,
        )
        assert not Room.objects.filter(id=room).exists()
        for model in (Message, RoomParticipant, RoomPosition, RoomLogEntry, ReadMark):
            assert not model.objects.filter(room_id=room).exists(), (way, model)


def test_two_sweeps_and_the_service_give_each_message_one_entry(together: Together, many_connections: None):
    people = crowd(4)
    rooms = [make_room(*people) for _ in range(4)]
    assert room_log_sweep() == 0
    LogSweep.objects.update(began_at=timezone.now() - timedelta(hours=1))

    def past_the_service(person: Person) -> None:
        for room in rooms:
            Message.objects.create(room_id=room, user_id=person.user_id, content="past")

    def sweep() -> None:
        for _ in range(4):
            room_log_sweep()
            room_log_trim()

    together(
        *[lambda p=p: past_the_service(p) for p in people],
        *[lambda p=p, n=n: work(again(p), rooms[n], turns=6, seed=n) for n, p in enumerate(people)],
        *[sweep] * 3,
    )
    while room_log_sweep():
        pass
    created = RoomLogEntry.objects.filter(kind="message.created").values_list("subject_id", flat=True)
    assert len(created) == len(set(created))
    assert set(Message.objects.values_list("id", flat=True)) <= set(created)
    for room in rooms:
        assert [seq for seq, *_ in log_of(room)] == list(range(1, RoomPosition.objects.get(room_id=room).seq + 1))


def test_somebody_brought_in_by_many_at_once_is_in_once(together: Together, many_connections: None):
    *people, newcomer = crowd(9)
    room = make_room(*people)

    def add(person: Person) -> int:
        url = f"/api/rooms/{room}/participants"
        return int(again(person).client.post(url, {"user_id": str(newcomer.user_id)}).status_code)

    assert sorted(together(*[lambda p=p: add(p) for p in people])) == [201] + [422] * 7
    assert log_of(room) == [(1, "participant.added", newcomer.user_id)]


def test_one_key_makes_one_room_however_many_ask_at_once(alice: Person, together: Together, many_connections: None):
    def make() -> str:
        answer = again(alice).client.post("/api/rooms", {"name": "x"}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
        return str(answer.json()["data"]["id"])

    assert len(set(together(*[make] * 10))) == Room.objects.count() == 1
    assert RoomParticipant.objects.count() == 1
