"""The ASGI application with a wrong clock, `CLOCK_SHIFT` seconds off: what one row of the fault matrix serves.

Everything Python asks for the time of day gets the wrong answer: `time.time`, Django's `now`, and the check of tokens.
What the database and Redis say stays right, and so do clocks that only measure how long something takes.
"""

import os
import time
from datetime import UTC, datetime, timedelta, tzinfo

import jwt.api_jwt
from django.utils import timezone

from lifestring.asgi import application

__all__ = ["application"]

SHIFT = float(os.environ["CLOCK_SHIFT"])
_right = time.time


class _ShiftedDatetime(datetime):
    """The clock that tokens are held against."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return the wrong time."""
        return datetime.now(tz) + timedelta(seconds=SHIFT)


def _now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=SHIFT)


time.time = lambda: _right() + SHIFT
timezone.now = _now
vars(jwt.api_jwt)["datetime"] = _ShiftedDatetime
