"""What reads of conversations cost: so many queries, however many messages and sources."""

import uuid

import pytest
from django.utils import timezone

from ai.models import AssistantAnswer
from chat.models import Message, Room, RoomParticipant
from events.models import Event
from lifestring.testing.people import Person
from lifestring.testing.queries import measured
from lifestring.testing.volume import many_people, many_strings
from strings.models import String

pytestmark = pytest.mark.django_db

BUDGETS = {
    "/api/ai/chats": 3,
    "/api/ai/chats?cursor=": 2,
    "/api/ai/chats?include=participants,messages.user&withCount=participants,messages": 7,
    # The caller, the room (3), messages, answers, sources of three kinds, and whose owners are suspended.
    "/api/ai/chat/{room_id}/history?limit=200": 10,
}


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, bot: Person, rows: int, subtests: pytest.Subtests):
    rooms = Room.objects.bulk_create(Room(name="Assistant", metadata={"type": "ai_chat"}) for _ in range(rows))
    places = [(room, person) for room in rooms for person in (alice, bot)]
    RoomParticipant.objects.bulk_create(RoomParticipant(room=room, user_id=who.user_id) for room, who in places)
    others = many_people(rows)
    many_strings(others[0], rows)
    strings = list(String.objects.values_list("id", flat=True))
    for number in range(rows):
        event = Event.objects.create(user_id=others[number], title="Chess", start_time=timezone.now())
        answer = Message.objects.create(room=rooms[0], user_id=bot.user_id, content="Them.")
        sources = [["string", str(strings[number])], ["user", str(others[number])], ["event", str(event.id)]]
        AssistantAnswer.objects.create(
            message_id=answer.id,
            room_id=rooms[0].id,
            user_id=alice.user_id,
            question_id=uuid.uuid4(),
            model="any",
            sources=[[*source, "A title"] for source in sources],
        )
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, body = measured(alice, address.format(room_id=rooms[0].id), rows)
            assert len(queries) == budget, "\n".join(sql[:200] for sql in queries)
            messages = body.get("messages")
            assert messages is None or sum(len(message["sources"]) for message in messages) == 3 * rows
