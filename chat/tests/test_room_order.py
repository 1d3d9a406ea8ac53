"""One order per room, whoever writes at once (docs/live.md, Guarantees); every writer has a connection of its own."""

from typing import Any

import pytest

from chat.models import Message
from chat.tests.rooms import assert_in_order, log_of, say
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for
from lifestring.testing.rooms import make_room
from lifestring.testing.volume import many_people

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 40


def members(count: int) -> list[Person]:
    return [Person(user_id, f"Person {n}", client_for(user_id)) for n, user_id in enumerate(many_people(count))]


def test_forty_writers_make_one_order_without_a_hole(together: Together, many_connections: None):
    people = members(WRITERS)
    room = make_room(*people)

    def write(person: Person) -> list[dict[str, Any]]:
        return [say(person, room, f"{person.name}: {n}") for n in range(3)]

    answers = [message for sent in together(*[lambda p=p: write(p) for p in people]) for message in sent]

    assert assert_in_order(room) == len(answers) == WRITERS * 3
    in_log = {str(subject): seq for seq, _, subject in log_of(room)}
    assert {message["id"]: message["seq"] for message in answers} == in_log
    by_time = sorted(answers, key=lambda message: message["created_at"])
    assert [message["seq"] for message in by_time] == sorted(in_log.values())


def test_one_key_sent_by_many_at_once_is_one_message(alice: Person, together: Together, many_connections: None):
    room = make_room(alice)

    def send() -> dict[str, Any]:
        return say(Person(alice.user_id, "Alice", client_for(alice.user_id)), room, **{"Idempotency-Key": "k"})

    answers = together(*[send] * 12)
    assert len({(answer["id"], answer["seq"], answer["created_at"]) for answer in answers}) == 1
    assert assert_in_order(room) == Message.objects.count() == 1


def test_what_fails_half_way_leaves_no_hole(alice: Person, together: Together, monkeypatch: pytest.MonkeyPatch):
    room = make_room(alice)
    say(alice, room)

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("chat.services.speaking.tell_message", fail)
        with pytest.raises(RuntimeError, match="killed"):
            say(alice, room)
    assert say(alice, room)["seq"] == 2
    assert assert_in_order(room) == 2
