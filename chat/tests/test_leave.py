"""Whom the assistant may act for in a room, as its metadata says: everybody says so for themself (docs/api.md, Rooms)."""

from typing import Any

import pytest

from chat.models import Room
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

pytestmark = pytest.mark.django_db

FIELD = "metadata.assistant.may_act"


def put(person: Person, room: Any, may_act: Any) -> Any:
    return person.client.put(f"/api/rooms/{room}", {"metadata": {"type": "ai_chat", "assistant": {"may_act": may_act}}})


def kept(room: Any) -> Any:
    return (Room.objects.get(id=room).metadata or {}).get("assistant", {}).get("may_act")


def test_everybody_allows_it_for_themself(alice: Person, bob: Person):
    room = make_room(alice, bob)
    me, other = str(alice.user_id), str(bob.user_id)

    answer = put(alice, room, True)
    assert answer.json()["data"]["metadata"] == {"type": "ai_chat", "assistant": {"may_act": [me]}}
    assert put(bob, room, [me, other]).status_code == 200
    assert kept(room) == [me, other]

    assert put(bob, room, [other]).status_code == 200
    assert_error(put(bob, room, [me, other]), 422, "validation_failed", field=FIELD)
    assert kept(room) == [other]


def test_nobody_allows_it_for_others(alice: Person, bob: Person):
    room = make_room(alice, bob)
    body = {"metadata": {"assistant": {"may_act": [str(alice.user_id)]}}, "participant_ids": [str(alice.user_id)]}

    assert_error(put(bob, room, [str(alice.user_id)]), 422, "validation_failed", field=FIELD)
    assert_error(bob.client.post("/api/rooms", body), 422, "validation_failed", field=FIELD)
    assert kept(room) is None


@pytest.mark.parametrize("odd", ["yes", 1, {"a": 1}, [1], [None], ["x"] * 251])
def test_what_is_no_list_of_people_is_422(alice: Person, odd: Any):
    assert_error(put(alice, make_room(alice), odd), 422, "validation_failed", field=FIELD)


def test_forbidding_and_other_metadata_is_kept_as_it_is(alice: Person):
    room = make_room(alice)
    for harmless in (False, None, []):
        assert put(alice, room, harmless).status_code == 200
        assert kept(room) == harmless
    for metadata in ({"assistant": "none"}, {"assistant": {"tone": "dry"}}, {}):
        answer = alice.client.put(f"/api/rooms/{room}", {"metadata": metadata})
        assert answer.json()["data"]["metadata"] == metadata


def test_whoever_is_erased_has_allowed_nothing(alice: Person, bob: Person):
    room = make_room(alice, bob)
    put(alice, room, True)
    put(bob, room, [str(alice.user_id), str(bob.user_id)])

    assert alice.client.delete("/api/me").status_code == 204
    assert kept(room) == [str(bob.user_id)]
