"""The events of the demo world, past and to come, in the local time of whoever invites."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lifestring.seeding.world import World, table


def plant_events(world: World) -> None:
    """Store events and who attends them; those with a `join` part are joins as well."""
    events, attendance = table("events.Event"), table("events.EventAttendance")
    rows = {event["key"]: _event(world, event) for event in world.content.events}
    events.objects.bulk_create(events(**row) for row in rows.values())
    # Nothing takes answers along with their event: those to the events of a world before this one may still be there.
    attendance.objects.filter(event_id__in=world.event_ids.values()).delete()
    attendance.objects.bulk_create(
        attendance(**_answer(world, rows[event["key"]], name))
        for event in world.content.events
        for name in event.get("join", {}).get("going", [])
    )


def _event(world: World, event: dict[str, Any]) -> dict[str, Any]:
    zone = world.content.people[event["by"]]["time_zone"]
    start = _start(world, event, zone)
    return {
        "id": world.event_ids[event["key"]],
        "user_id": world.user_ids[event["by"]],
        "title": event["title"],
        "description": event["description"],
        "start_time": start,
        "end_time": start + timedelta(hours=event["hours"]),
        "location": event["location"],
        "meta_data": {"time_zone": zone, **_join(event)},
        "custom_fields": event.get("custom_fields", {}),
        "created_at": world.after(world.ago(max(-event["day"], 0) + world.random.uniform(5, 18)), 12),
    }


def _start(world: World, event: dict[str, Any], zone: str) -> datetime:
    """The moment of the wall clock time `at`, `day` days from today (negative: ago), where the event takes place."""
    day = world.now.astimezone(ZoneInfo(zone)).date() + timedelta(days=event["day"])
    return datetime.combine(day, time.fromisoformat(event["at"]), ZoneInfo(zone))


def _join(event: dict[str, Any]) -> dict[str, Any]:
    if "join" not in event:
        return {}
    join = event["join"]
    return {
        "is_join": True,
        "max_participants": join["max"],
        "current_participants": len(join["going"]),
        "duration": f"{event['hours']:g} hours",
        "difficulty": join["difficulty"],
        "tags": join["tags"],
    }


def _answer(world: World, event: dict[str, Any], name: str) -> dict[str, Any]:
    at = world.after(event["created_at"], 24)
    return {
        "event_id": event["id"],
        "user_id": world.user_ids[name],
        "status": "going",
        "created_at": at,
        "updated_at": at,
    }
