"""Events as iCalendar (RFC 5545), for calendar programs (docs/api.md, Events): columns in, the file's bytes out."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone, vRecur
from icalendar import Event as Entry

from events.recurrence import recurrence_rule
from events.zones import is_time_zone
from lifestring.expressions import TextKey
from lifestring.rows import Row

CALENDAR_COLUMNS = (
    "id",
    "title",
    "description",
    "location",
    "start_time",
    "end_time",
    "created_at",
    TextKey("meta_data", "time_zone"),
    TextKey("meta_data", "recurrence"),
    "sequence",
    "changed_at",
    "is_tentative",
)
PRODUCT = "-//Lifestring//Events//EN"
# The years for which time zones are written out; what lies outside is given in UTC.
FIRST, LAST = date(2000, 1, 1), date(2060, 1, 1)
REFRESH = timedelta(hours=1)
# Breaks that a line of iCalendar cannot hold and that some programs take for its end.
_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def calendar_file(found: list[Row], *, name: str = "") -> bytes:
    """Return the calendar that holds rows of `CALENDAR_COLUMNS`, with the time zones they need.

    Args:
        found: the events.
        name: what calendar programs call a feed; without it the file is one to import.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", REFRESH)
    zones = [_zone(row[7], row[4], row[5]) for row in found]
    for used in sorted({zone for zone in zones if zone}):
        calendar.add_component(_time_zone(used))
    for row, zone in zip(found, zones, strict=True):
        calendar.add_component(_entry(row, zone))
    content: bytes = calendar.to_ical()
    return content


def _entry(row: Row, zone: str | None) -> Entry:
    event_id, title, description, location, start, end, created, _, recurrence, sequence, changed, tentative = row
    entry = Entry()
    entry.add("uid", f"{event_id}@lifestring")
    # The last change there is knowledge of, never now: an unchanged calendar stays the same to the byte.
    entry.add("dtstamp", _utc(changed or created))
    entry.add("created", _utc(created))
    entry.add("last-modified", _utc(changed or created))
    entry.add("sequence", sequence or 0)
    entry.add("dtstart", _local(start, zone))
    if end is not None and end > start:
        entry.add("dtend", _local(end, zone))
    if rule := recurrence_rule(recurrence):
        entry.add("rrule", vRecur.from_ical(rule))
    for prop, text in (("summary", title), ("description", description), ("location", location)):
        if text:
            entry.add(prop, _clean(text))
    entry.add("status", "TENTATIVE" if tentative else "CONFIRMED")
    return entry


def _zone(name: str | None, start: datetime, end: datetime | None) -> str | None:
    """The time zone an event is given in; None where that is UTC."""
    moments = [moment for moment in (start, end) if moment]
    outside = not all(FIRST.year < moment.year < LAST.year for moment in moments)
    if name is None or name == "UTC" or not is_time_zone(name) or outside:
        return None
    # The hour that a clock shows twice: what is written there means the first, so the second is told in UTC.
    return None if any(_local(moment, name).fold for moment in moments) else name


@cache
def _time_zone(name: str) -> Timezone:
    return Timezone.from_tzid(name, first_date=FIRST, last_date=LAST)


def _local(moment: datetime, zone: str | None) -> datetime:
    return _utc(moment).astimezone(ZoneInfo(zone)) if zone else _utc(moment)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _clean(text: str) -> str:
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))
