"""The filter of a list by time: the last days, or one of the last months.

Django's own hierarchy of dates reads the whole table to find which dates there are. These are found by the clock, and a
list that is in the order of the same column reads no more of its index than it shows.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

DAYS = {"1": "The last day", "7": "The last 7 days", "30": "The last 30 days"}
MONTHS = 12


def period_filter(column: str) -> type[admin.SimpleListFilter]:
    """Return the filter by one column, which the list is ordered by and which an index keeps."""

    class PeriodFilter(admin.SimpleListFilter):
        """Narrows a list to a time."""

        title = "time"
        parameter_name = "when"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            """Offer days and months, of UTC as everything in the admin."""
            now = timezone.now().astimezone(UTC)
            count = now.year * 12 + now.month - 1
            months = [divmod(month, 12) for month in range(count, count - MONTHS, -1)]
            return [*DAYS.items(), *((f"{year}-{month + 1:02}", _named(year, month + 1)) for year, month in months)]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Narrow to what was chosen; to nothing else where an address holds something odd."""
            begin, end = bounds(self.value() or "")
            if begin is not None:
                queryset = queryset.filter(**{f"{column}__gte": begin})
            return queryset if end is None else queryset.filter(**{f"{column}__lt": end})

    return PeriodFilter


def bounds(text: str) -> tuple[datetime | None, datetime | None]:
    """Return from when until before when a choice reaches, each None where it has no end there."""
    if text in DAYS:
        return timezone.now() - timedelta(days=int(text)), None
    month = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text, re.ASCII)
    if month is None:
        return None, None
    begin = datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC)
    return begin, (begin + timedelta(days=31)).replace(day=1)


def _named(year: int, month: int) -> str:
    return f"{datetime(year, month, 1, tzinfo=UTC):%B %Y}"
