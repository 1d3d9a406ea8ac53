"""What the tests of events do again and again: invite, answer, and read the count against the rows."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from events.models import Event, EventAttendance
from lifestring.testing.people import Person

UNKNOWN = "00000000-0000-4000-8000-000000000000"
START = datetime(2050, 6, 1, 18, tzinfo=UTC)

_COUNT = """
SELECT meta_data -> 'current_participants',
       (SELECT count(*) FROM django.events_eventattendance a WHERE a.event_id = e.id AND a.status = 'going')
  FROM public.events e WHERE id = %s
"""


def body_of(answer: Any, status: int = 200) -> Any:
    """Return an answer's JSON, which must have this status."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    return answer.json()


def get(person: Person, url: str, **query: Any) -> Any:
    """Return the JSON a person reads."""
    return body_of(person.client.get(url, query))


def invite(organiser: Person, *, places: Any = None, **fields: Any) -> str:
    """Make an event over REST; returns the id."""
    meta = {**fields.pop("meta_data", {}), **({"max_participants": places} if places is not None else {})}
    body = {"title": "chess", "start_time": START.isoformat(), "meta_data": meta, **fields}
    found: str = body_of(organiser.client.post("/api/events", body), 201)["data"]["id"]
    return found


def event_row(organiser: Person | uuid.UUID, **fields: Any) -> str:
    """Write an event as another client of the database would; returns the id."""
    user_id = organiser.user_id if isinstance(organiser, Person) else organiser
    return str(Event.objects.create(user_id=user_id, **{"title": "chess", "start_time": START, **fields}).id)


def attend(person: Person, event: str, status: str = "going", **more: Any) -> Any:
    """Answer an event over REST; returns the response."""
    return person.client.put(f"/api/events/{event}/attendance", {"status": status, **more})


def going(person: Person, event: str, **more: Any) -> dict[str, Any]:
    """Answer `going`, which must be taken; returns what is answered."""
    found: dict[str, Any] = body_of(attend(person, event, "going", **more))["data"]
    return found


def leave(person: Person, event: str) -> None:
    """Take an answer back."""
    assert person.client.delete(f"/api/events/{event}/attendance").status_code == 204


def own_answer(person: Person, event: str) -> tuple[str | None, int | None]:
    """Return what a person said to an event and their place in line."""
    found = get(person, f"/api/events/{event}/attendance")["data"]
    return found["status"], found["waiting_place"]


def answers(event: str) -> dict[str, int]:
    """Return how many gave which answer."""
    found = EventAttendance.objects.to_event(uuid.UUID(event)).values_list("status", flat=True)
    return {status: list(found).count(status) for status in sorted(set(found))}


def count(event: str) -> int:
    """Return how many are going, read at one moment; `current_participants` must equal the rows."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [event])
        row = cursor.fetchone()
    assert row is not None, "the event is gone"
    assert row[0] == str(row[1]), row
    return int(row[1])


def hours(number: float) -> str:
    """Return a time so long after the usual start."""
    return (START + timedelta(hours=number)).isoformat()
