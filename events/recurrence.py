"""Rules by which events repeat: RRULE of RFC 5545, in `meta_data.recurrence` (docs/api.md, Events)."""

import re
from datetime import datetime
from typing import Any

MAX_RULE = 500
NO_RULE = "This must be a recurrence rule, such as FREQ=WEEKLY;BYDAY=TU;COUNT=10 (RFC 5545, RRULE)."

_DAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_UP_TO_31, _UP_TO_53 = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|[1-4][0-9]|5[0-3])"
_UP_TO_366 = "(?:0{0,2}[1-9]|0?[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"


def _list(item: str) -> str:
    return f"{item}(?:,{item})*"


# What each part may hold. Nothing more often than daily: no meeting takes place every second, and a calendar program that
# unfolds such a rule would hang. UNTIL is in UTC, as it must be beside a start that has a time zone.
_PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "UNTIL": "[0-9]{8}T[0-9]{6}Z",
    "COUNT": "[1-9][0-9]{0,4}",
    "INTERVAL": "[1-9][0-9]{0,4}",
    "WKST": _DAY,
    "BYDAY": _list(f"(?:[+-]?{_UP_TO_53})?{_DAY}"),
    "BYMONTHDAY": _list(f"[+-]?{_UP_TO_31}"),
    "BYYEARDAY": _list(f"[+-]?{_UP_TO_366}"),
    "BYWEEKNO": _list(f"[+-]?{_UP_TO_53}"),
    "BYMONTH": _list("(?:0?[1-9]|1[0-2])"),
    "BYSETPOS": _list(f"[+-]?{_UP_TO_366}"),
}
# Parts that mean nothing with some frequencies.
_NEVER_WITH = {
    "DAILY": {"BYYEARDAY", "BYWEEKNO"},
    "WEEKLY": {"BYYEARDAY", "BYWEEKNO", "BYMONTHDAY"},
    "MONTHLY": {"BYYEARDAY", "BYWEEKNO"},
    "YEARLY": set[str](),
}


def recurrence_rule(value: Any) -> str | None:
    """Return the rule in a column's value, None where it holds none."""
    if not isinstance(value, str) or len(value) > MAX_RULE:
        return None
    rule = value.strip().upper().removeprefix("RRULE:")
    parts = [part.partition("=")[::2] for part in rule.split(";")]
    named = dict(parts)
    if len(named) < len(parts) or any(name not in _PARTS for name in named):
        return None
    if not all(re.fullmatch(_PARTS[name], given, re.ASCII) for name, given in named.items()):
        return None
    return rule if _fits_together(named) else None


def recurrence_problem(value: Any) -> str | None:
    """Say what is wrong with a rule that a client sent, or None."""
    return None if recurrence_rule(value) else NO_RULE


def _fits_together(named: dict[str, str]) -> bool:
    frequency = named.get("FREQ")
    if frequency is None or {"COUNT", "UNTIL"} <= named.keys() or named.keys() & _NEVER_WITH[frequency]:
        return False
    if frequency in {"DAILY", "WEEKLY"} and re.search("[0-9]", named.get("BYDAY", "")):
        return False
    if "BYSETPOS" in named and not any(name.startswith("BY") for name in named if name != "BYSETPOS"):
        return False
    return "UNTIL" not in named or _is_moment(named["UNTIL"])


def _is_moment(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%dT%H%M%S%z")
    except ValueError:
        return False
    return True
