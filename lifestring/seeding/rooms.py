"""The rooms of the demo world and what was said in them."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from lifestring.seeding.world import World, stable_id, table


def plant_rooms(world: World) -> None:
    """Store rooms with members, messages, each a few minutes to hours after the one before, and the log of these."""
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
    _plant_logs(messages)


def _plant_logs(messages: list[Any]) -> None:
    """Number every message within its room, as sending it would have."""
    position_model, entry_model = table("chat.RoomPosition"), table("chat.RoomLogEntry")
    positions: dict[uuid.UUID, Any] = {}
    entries = []
    for message in messages:
        position = positions.setdefault(message.room_id, position_model(room_id=message.room_id, seq=0))
        position.seq, position.at = position.seq + 1, message.created_at
        entries.append(
            entry_model(
                room_id=message.room_id,
                seq=position.seq,
                kind="message.created",
                subject_id=message.id,
                user_id=message.user_id,
                at=message.created_at,
            )
        )
    position_model.objects.bulk_create(positions.values())
    entry_model.objects.bulk_create(entries)


def _moments(world: World, room: dict[str, Any]) -> list[datetime]:
    """When each message was sent, counted back from the newest: quick exchanges with pauses between."""
    moment = world.ago(room["ends_days_ago"])
    moments = [moment]
    for _ in room["messages"][1:]:
        pause = world.random.uniform(180, 900) if world.random.random() < 0.2 else world.random.uniform(0.5, 14)
        moment -= timedelta(minutes=pause)
        moments.append(moment)
    return moments[::-1]
