"""Making rooms for tests, as other clients of the database do: rows, without the service's log."""

import uuid
from typing import Any

from django.apps import apps

from lifestring.testing.people import Person


def make_room(*people: Person, **fields: Any) -> uuid.UUID:
    """Put a room with these people into the database; returns its id."""
    room = apps.get_model("chat", "Room").objects.create(**{"name": "Chess", "metadata": {}, **fields})
    places = apps.get_model("chat", "RoomParticipant")
    places.objects.bulk_create(places(room_id=room.id, user_id=person.user_id) for person in people)
    return uuid.UUID(str(room.id))
