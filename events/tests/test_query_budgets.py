"""What reads of events, joins and calendars cost: so many queries, however many rows (strings/tests likewise)."""

from datetime import timedelta
from typing import Any

import pytest

from events.models import Event, EventAttendance
from events.tests.invitations import START
from lifestring.testing.people import Person, block, make_person
from lifestring.testing.queries import measured, plain
from lifestring.testing.volume import many_people

pytestmark = pytest.mark.django_db

EVENT = "/api/events/{event_id}"

# Queries by address, with the one that reads the caller. A full numbered page is counted, a cursor page is not; photos
# that no profile has are looked for in the table that only some installations have.
BUDGETS = {
    "/api/events": 3,
    "/api/events?cursor=&include=user": 2,
    "/api/events?search=chess&location=park&upcoming_only=1&start_from=2026-01-01&user_id={user}": 6,
    "/api/my/events": 3,
    "/api/my/events?cursor=&sort_by=title": 2,
    "/api/my/recent-events": 3,
    EVENT: 2,
    f"{EVENT}?include=user": 2,
    f"{EVENT}/attendance": 2,
    f"{EVENT}/attendees": 5,
    f"{EVENT}/attendees?cursor=&status=going": 4,
    "/api/joins": 4,
    "/api/joins?search=chess&location=park&difficulty=easy": 4,
    "/api/joins/my": 4,
    "/api/joins/{event_id}": 3,
    "/api/my/events.ics/token": 2,
}
CALENDARS = {f"{EVENT}.ics": 2, "/api/my/events.ics": 2}
SINGLE = {EVENT, f"{EVENT}/attendance", "/api/joins/{event_id}", "/api/my/events.ics/token"}


class World:
    """Joins of alice's, each attended by her, the first by a crowd as well."""

    def __init__(self, alice: Person, rows: int) -> None:
        meta = {"is_join": True, "difficulty": "easy", "tags": ["chess"]}
        events = [
            Event(
                user_id=alice.user_id,
                title=f"chess {n}",
                location="park",
                start_time=START + timedelta(n),
                meta_data=meta,
            )
            for n in range(rows)
        ]
        Event.objects.bulk_create(events)
        attending = [(event.id, alice.user_id) for event in events[1:]]
        attending += [(events[0].id, user_id) for user_id in many_people(rows)]
        EventAttendance.objects.bulk_create(
            EventAttendance(event_id=event, user_id=user_id, status="going") for event, user_id in attending
        )
        self.ids = {"user": str(alice.user_id), "event_id": str(events[0].id)}

    def measure(self, person: Person, address: str, rows: int) -> tuple[list[str], Any]:
        return measured(person, address.format_map(self.ids), rows)


def size(body: Any) -> int:
    data = next((body[name] for name in ("data", "joins", "events") if name in body), body)
    return len(data) if isinstance(data, list) else 1


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, rows: int, subtests: pytest.Subtests):
    world = World(alice, rows)
    for n in range(2):
        block(alice, make_person(f"X{n}"))
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, body = world.measure(alice, address, rows)

            assert len(queries) == budget, "\n".join(queries)
            assert size(body) == (1 if plain(address) in SINGLE else rows)


@pytest.mark.parametrize("rows", [1, 50])
def test_calendars_cost_what_they_may_however_many_events(alice: Person, rows: int, django_assert_num_queries: Any):
    world = World(alice, rows)
    for address, budget in CALENDARS.items():
        with django_assert_num_queries(budget):
            answer = alice.client.get(address.format_map(world.ids))
        assert answer.content.count(b"BEGIN:VEVENT") == (1 if "event_id" in address else rows)


def test_an_answer_costs_so_many_queries_however_many_attend(
    alice: Person, bob: Person, django_assert_max_num_queries: Any
):
    world = World(alice, 50)
    with django_assert_max_num_queries(13):
        assert bob.client.put(f"/api/events/{world.ids['event_id']}/attendance", {"status": "going"}).status_code == 200
