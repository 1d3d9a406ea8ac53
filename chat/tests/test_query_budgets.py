"""What reads of rooms cost: so many queries, however many rooms, people, messages and entries there are."""

from typing import Any

import pytest

from chat.models import Message, RoomParticipant
from chat.tests.rooms import say
from lifestring.testing.people import Person
from lifestring.testing.queries import measured, plain
from lifestring.testing.rooms import make_room
from lifestring.testing.volume import many_people

pytestmark = pytest.mark.django_db

EVERYTHING = "include=participants,messages,messages.user&withCount=participants,messages"
ROOM = "/api/rooms/{room_id}"

# Queries by address, with the one that reads the caller. A full numbered page is counted, a cursor page is not; below a
# room, one asks whether the caller is in it.
BUDGETS = {
    "/api/rooms": 3,
    "/api/rooms?cursor=": 2,
    f"/api/rooms?{EVERYTHING}": 7,
    f"/api/rooms?cursor=&{EVERYTHING}": 6,
    f"/api/my/rooms?{EVERYTHING}": 7,
    ROOM: 3,
    f"{ROOM}?{EVERYTHING}": 8,
    f"{ROOM}/participants": 4,
    f"{ROOM}/participants?cursor=": 3,
    f"{ROOM}/messages": 4,
    f"{ROOM}/messages?cursor=&include=user": 3,
    f"{ROOM}/messages?since=2026-01-01": 4,
    f"{ROOM}/messages?since={{before_id}}": 5,
    f"{ROOM}/messages/{{message_id}}?include=user": 3,
    f"{ROOM}/log?since=2": 3,
    # The room itself is read once where an entry shows it.
    f"{ROOM}/log": 4,
}
SINGLE = {ROOM, f"{ROOM}/messages/{{message_id}}"}


class World:
    """So many rooms of alice's, the first of them with so many people and messages."""

    def __init__(self, alice: Person, rows: int) -> None:
        crowd = many_people(rows - 1)
        rooms = [make_room(alice) for _ in range(rows)]
        first = rooms[0]
        RoomParticipant.objects.bulk_create(RoomParticipant(room_id=first, user_id=user_id) for user_id in crowd)
        alice.client.put(f"/api/rooms/{first}", {"name": "renamed"})
        before = say(alice, first)["id"]
        sent = [say(alice, first)["id"] for _ in range(rows)]
        Message.objects.bulk_create(Message(room_id=room, user_id=alice.user_id, content="x") for room in rooms[1:])
        alice.client.put(f"/api/rooms/{first}/read", {"message_id": before})
        self.ids = {"room_id": first, "message_id": sent[0], "before_id": before}

    def measure(self, person: Person, address: str, rows: int) -> tuple[list[str], Any]:
        """Read an address of this world; returns the queries and the JSON."""
        return measured(person, address.format_map(self.ids), rows)


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, rows: int, subtests: pytest.Subtests):
    world = World(alice, rows)
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, body = world.measure(alice, address, rows)

            assert len(queries) == budget, "\n".join(queries)
            assert plain(address) in SINGLE or len(body["data"]) == rows
