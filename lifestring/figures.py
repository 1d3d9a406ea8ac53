"""What the admin's overview draws: numbers by day, which each app says how to count, and a job writes down.

No page counts a large table. A figure either counts what happened on a day, and can be counted again for days long gone; or
it is a level that was there at a moment, of which the highest of the day is kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from lifestring.models import DailyFigure

DAYS = 30


@dataclass(frozen=True, slots=True)
class Figure:
    """One number by day.

    Args:
        name: what it is stored under.
        title: what people call it.
        counted: SQL of (day, value), from the day `%(since)s` on, without days that have none, or a function that returns
            it; empty for a level.
        level: returns what it is now; None where that cannot be said.
        unit: what stands behind the number.
        is_mean: whether several days are averaged and not added up.
        admins_only: moderators do not see it.
        place: among the others.
    """

    name: str
    title: str
    counted: str | Callable[[], str] = ""
    level: Callable[[], float | None] | None = None
    unit: str = ""
    is_mean: bool = False
    admins_only: bool = False
    place: int = 50


_figures: dict[str, Figure] = {}
_activities: list[str] = []


def register_figure(*figures: Figure) -> None:
    """Have these on the overview."""
    _figures.update({figure.name: figure for figure in figures})


def register_activity(sql: str) -> None:
    """Have people count as active who are in this: SQL of (day, user_id), from the day `%(since)s` on."""
    if sql not in _activities:
        _activities.append(sql)


def registered_figures() -> list[Figure]:
    """Return the figures in the order they are shown in."""
    return sorted(_figures.values(), key=lambda figure: (figure.place, figure.name))


def today() -> date:
    """Return the day it is, which here is UTC's."""
    return datetime.now(UTC).date()


def counted_since(figure: Figure, since: date) -> dict[date, float]:
    """Count a figure anew; days without any are 0."""
    with connection.cursor() as cursor:
        cursor.execute(figure.counted() if callable(figure.counted) else figure.counted, {"since": since})
        found = {day: float(value) for day, value in cursor.fetchall() if value is not None}
    if figure.is_mean:
        return found
    days = (since + timedelta(days=ahead) for ahead in range((today() - since).days + 1))
    return {day: found.get(day, 0.0) for day in days}


def active_people() -> str:
    """SQL of how many different people did anything, by day."""
    return f"SELECT day, count(DISTINCT user_id) FROM ({' UNION ALL '.join(_activities)}) did GROUP BY day"  # noqa: S608


def last_days(names: Iterable[str]) -> dict[str, dict[date, float]]:
    """Return what was written down of the last `DAYS` days, by name; one query."""
    found: dict[str, dict[date, float]] = {name: {} for name in names}
    rows = DailyFigure.objects.filter(day__gt=today() - timedelta(days=DAYS), name__in=list(found))
    for name, day, value in rows.values_list("name", "day", "value"):
        found[name][day] = value
    return found


def missing_since() -> date:
    """Return the first of the last `DAYS` days that lacks a figure that is counted; yesterday where none does."""
    first = today() - timedelta(days=DAYS - 1)
    counted = [figure.name for figure in registered_figures() if figure.counted and not figure.is_mean]
    there = last_days(counted)
    for ahead in range(DAYS - 1):
        day = first + timedelta(days=ahead)
        if any(day not in there[name] for name in counted):
            return day
    return today() - timedelta(days=1)


def per_day(table: str, at: str = "created_at", where: str = "true", value: str = "count(*)") -> str:
    """SQL of one value by day over a table's rows, whose time has a zone."""
    return f"""
SELECT ({at} AT TIME ZONE 'UTC')::date, {value} FROM {table}
 WHERE {at} >= %(since)s::timestamp AT TIME ZONE 'UTC' AND {where} GROUP BY 1
"""  # noqa: S608 - constants


def did_per_day(table: str, at: str = "created_at", where: str = "true") -> str:
    """SQL of who did something on which day."""
    return f"""
SELECT DISTINCT ({at} AT TIME ZONE 'UTC')::date AS day, user_id FROM {table}
 WHERE {at} >= %(since)s::timestamp AT TIME ZONE 'UTC' AND {where}
"""  # noqa: S608 - constants


def shown(value: float | None) -> str:
    """A number as people read it."""
    if value is None:
        return "–"  # noqa: RUF001 - a dash
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def chart_of(figure: Figure, days: dict[date, float]) -> dict[str, Any]:
    """Return what draws a figure: its bars, and what they come to."""
    first = today() - timedelta(days=DAYS - 1)
    top = max(days.values(), default=0.0) or 1.0
    bars = []
    for day, value in sorted(days.items()):
        height = max(value / top * 76, 1.0) if value else 0.0
        place = (day - first).days * 10 + 1
        bars.append(
            {"x": place, "y": round(78 - height, 1), "height": round(height, 1), "day": day, "value": shown(value)}
        )
    values = list(days.values())
    whole = sum(values) if not figure.is_mean else sum(values) / len(values) if values else None
    return {
        "figure": figure,
        "bars": bars,
        "headline": shown(figure.level() if figure.level else whole),
        "last": shown(days.get(today())),
        "highest": shown(max(values, default=None)),
    }
