"""The rooms of the demo world and what was said in them."""

from datetime import datetime, timedelta
from typing import Any

from lifestring.seeding.world import World, stable_id, table


def plant_rooms(world: World) -> None:
    """Store rooms, their members and their messages, each message a few minutes to hours after the one before."""
    rooms, members, messages = [], [], []
    room_model, member_model, message_model = (table(f"chat.{name}") for name in ("Room", "RoomParticipant", "Message"))
    for room in world.content.rooms:
        room_id = stable_id("rooms", room["key"])
        moments = _moments(world, room)
        rooms.append(
            room_model(
                id=room_id,
                name=room["name"],
                metadata=room["metadata"],
                created_at=moments[0] - timedelta(minutes=world.random.uniform(1, 60)),
                updated_at=moments[-1],
            )
        )
        members += [member_model(room_id=room_id, user_id=world.user_ids[name]) for name in room["members"]]
        messages += [
            message_model(
                id=stable_id("messages", room["key"], number),
                room_id=room_id,
                user_id=world.user_ids[author],
                content=text,
                created_at=moments[number],
                updated_at=moments[number],
            )
            for number, (author, text) in enumerate(room["messages"])
        ]
    room_model.objects.bulk_create(rooms)
    member_model.objects.bulk_create(members)
    message_model.objects.bulk_create(messages)


def _moments(world: World, room: dict[str, Any]) -> list[datetime]:
    """When each message was sent, counted back from the newest: quick exchanges with pauses between."""
    moment = world.ago(room["ends_days_ago"])
    moments = [moment]
    for _ in room["messages"][1:]:
        pause = world.random.uniform(180, 900) if world.random.random() < 0.2 else world.random.uniform(0.5, 14)
        moment -= timedelta(minutes=pause)
        moments.append(moment)
    return moments[::-1]
