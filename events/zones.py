"""Time zones by their names in the tz database."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def is_time_zone(value: Any) -> bool:
    """Whether a value is the name of a time zone."""
    return isinstance(value, str) and value in _names()
