"""Events as iCalendar, read back by a library that did not write it (docs/api.md, Events)."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event as Read

from events.calendars import calendar_file
from events.models import Event
from events.tests.invitations import START, UNKNOWN, event_row, get, going, invite
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)


def read(content: bytes) -> Calendar:
    """Parse a calendar, which must keep to the wire format as well."""
    assert content.endswith(b"END:VCALENDAR\r\n")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75, line
        line.decode("utf-8")
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
    return IcsCalendarStream.calendar_from_ics(content.decode("utf-8"))


def fetch(person: Person, event: str) -> tuple[bytes, Read]:
    answer = person.client.get(f"/api/events/{event}.ics")
    assert_documented(answer)
    assert answer.status_code == 200
    (found,) = read(answer.content).events
    return answer.content, found


def row(**changes: Any) -> tuple[Any, ...]:
    values = {"id": UNKNOWN, "title": "chess", "description": None, "location": None, "start": NOON, "end": None, "created": NOON,
              "zone": None, "rule": None, "sequence": None, "changed": None, "tentative": False, **changes}  # fmt: skip
    return tuple(values.values())


def occurrences(content: bytes) -> list[datetime]:
    far = datetime(2027, 1, 1, tzinfo=UTC)
    return [found.dtstart for found in read(content).timeline.overlapping(NOON - timedelta(days=400), far)]


@pytest.mark.django_db
class TestOneEvent:
    def test_it_says_what_the_event_says(self, alice: Person, bob: Person):
        text = 'Bring: boards, clocks; \\ and a "hat"\nSecond line 🎉' + "ü" * 200
        event = invite(alice, title="Chess, twice; \\n", description=text, location="Jardim, Lisboa", end_time=START.isoformat(),
                       start_time=(START - timedelta(hours=2)).isoformat(), meta_data={"time_zone": "Europe/Lisbon"})  # fmt: skip
        content, found = fetch(bob, event)

        assert (found.summary, found.description, found.location) == ("Chess, twice; \\n", text, "Jardim, Lisboa")
        assert (found.dtstart, found.dtend) == (START - timedelta(hours=2), START)
        assert b"DTSTART;TZID=Europe/Lisbon:20500601T170000\r\n" in content
        assert (found.uid, found.sequence) == (f"{event}@lifestring", 0)
        assert found.created == found.dtstamp == found.last_modified
        for person in ("alice", str(alice.user_id), "mailto"):
            assert person.encode() not in content.lower()

    def test_a_change_is_told_by_sequence_and_time_and_the_uid_stays(self, alice: Person):
        event = invite(alice)
        before = fetch(alice, event)[1]
        for number in range(1, 3):
            alice.client.patch(f"/api/events/{event}", {"title": f"chess {number}"})
            after = fetch(alice, event)[1]
            assert (after.uid, after.sequence, after.summary) == (before.uid, number, f"chess {number}")
            assert after.dtstamp == after.last_modified >= before.dtstamp
            assert after.created == before.created
        going(alice, event)
        assert fetch(alice, event)[1].sequence == 2

    def test_it_is_a_file_with_an_etag(self, alice: Person, bob: Person, anonymous: Any):
        event = invite(alice)
        url = f"/api/events/{event}.ics"
        answer = bob.client.get(url)
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="{event}.ics"'
        again = bob.client.get(f"{url}/", HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        alice.client.patch(f"/api/events/{event}", {"title": "other"})
        assert bob.client.get(url, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 200
        assert_error(bob.client.get(f"/api/events/{UNKNOWN}.ics"), 404, "not_found")
        assert_error(anonymous.get(url), 401, "not_authenticated")
        assert get(bob, f"/api/events/{event}")["data"]["id"] == event

    def test_columns_of_any_content_make_a_calendar(self, alice: Person):
        event = event_row(alice, title="\x01\x1b[31m\u2028x\r\ny\x85z", description="", end_time=START - timedelta(1))
        Event.objects.filter(id=event).update(meta_data={"time_zone": "Nowhere", "recurrence": ["FREQ=DAILY"]})
        content, found = fetch(alice, event)
        assert found.summary == "[31m\nx\ny\nz"
        assert (found.dtstart, found.rrule, found.description) == (START, None, None)
        assert b"DTEND" not in content
        with connection.cursor() as cursor:
            cursor.execute("UPDATE events SET start_time = '-infinity', end_time = 'infinity', created_at = 'infinity'")
        fetch(alice, event)


class TestTimeZones:
    def test_without_one_times_are_in_utc(self):
        content = calendar_file([row(end=NOON + timedelta(hours=1)), row(zone="UTC"), row(zone="Mars")])
        assert content.count(b"DTSTART:20260328T120000Z") == 3
        assert b"VTIMEZONE" not in content

    @pytest.mark.parametrize(
        ("zone", "start", "rule", "expected"),
        [
            # London's clocks go forward on 29 March 2026 and back on 25 October.
            (
                "Europe/London",
                datetime(2026, 3, 22, 10, tzinfo=UTC),
                "FREQ=WEEKLY;COUNT=3",
                [(22, 10), (29, 9), (5, 9)],
            ),
            (
                "Europe/London",
                datetime(2026, 10, 18, 9, tzinfo=UTC),
                "FREQ=WEEKLY;COUNT=3",
                [(18, 9), (25, 10), (1, 10)],
            ),
            # New York's on 8 March and 1 November; late in the evening it is the next day in UTC.
            (
                "America/New_York",
                datetime(2026, 3, 7, 3, tzinfo=UTC),
                "FREQ=DAILY;COUNT=4",
                [(7, 3), (8, 3), (9, 2), (10, 2)],
            ),
            # Sydney's run the other way round.
            ("Australia/Sydney", datetime(2026, 4, 3, 23, tzinfo=UTC), "FREQ=DAILY;COUNT=3", [(3, 23), (5, 0), (6, 0)]),
            (
                "Europe/London",
                datetime(2026, 3, 22, 10, tzinfo=UTC),
                "FREQ=WEEKLY;UNTIL=20260329T090000Z",
                [(22, 10), (29, 9)],
            ),
            (None, datetime(2026, 3, 22, 10, tzinfo=UTC), "FREQ=WEEKLY;COUNT=2", [(22, 10), (29, 10)]),
        ],
    )
    def test_what_repeats_keeps_its_hour_on_the_wall(
        self, zone: str | None, start: datetime, rule: str, expected: list[tuple[int, int]]
    ):
        content = calendar_file([row(start=start, zone=zone, rule=rule, end=start + timedelta(hours=1))])
        found = occurrences(content)

        assert [(moment.astimezone(UTC).day, moment.astimezone(UTC).hour) for moment in found] == expected
        assert len({moment.astimezone(ZoneInfo(zone or "UTC")).hour for moment in found}) == 1

    @pytest.mark.parametrize(
        "zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Bogota", "Asia/Kathmandu"]
    )
    def test_the_zone_that_is_written_out_is_the_real_one(self, zone: str):
        content = calendar_file([row(zone=zone)]).decode()
        block = content[content.index("BEGIN:VTIMEZONE") : content.index("END:VTIMEZONE")].replace("\r\n ", "")
        written: Any = tz.tzical(StringIO(f"{block}END:VTIMEZONE\r\n")).get(zone)

        for day in range(0, 365 * 30, 17):
            moment = datetime(2021, 1, 1, 12) + timedelta(days=day)
            assert moment.replace(tzinfo=written).utcoffset() == moment.replace(tzinfo=ZoneInfo(zone)).utcoffset(), (
                moment
            )

    def test_the_hour_that_comes_twice_is_told_apart(self):
        first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
        found = read(calendar_file([row(start=moment, zone="Europe/London") for moment in (first, second)])).events

        assert [event.dtstart.astimezone(UTC) for event in found] == [first, second]

    def test_years_no_zone_is_written_out_for_are_in_utc(self):
        for start in (
            datetime(1970, 6, 1, tzinfo=UTC),
            datetime(2090, 6, 1, tzinfo=UTC),
            datetime.max.replace(tzinfo=UTC),
        ):
            (found,) = read(calendar_file([row(start=start, zone="Europe/London")])).events
            assert found.dtstart == start.replace(microsecond=0)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_any_text_comes_back(text: str):
    (found,) = read(calendar_file([row(description=f"<{text}>")])).events

    kept = re.sub("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    kept = re.sub("[\x00-\x08\x0e-\x1f\x7f-\x9f]", "", kept)
    assert found.description == f"<{kept}>"
