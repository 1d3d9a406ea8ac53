"""Supabase's own ban follows our suspensions, so that the account opens nothing of the project's either.

What is to be done follows from three times: until when somebody is suspended, what we asked Supabase for, and what Supabase
has. So a job may be lost or run twice, and the sweep finds whoever it was lost for. What we ask for is written down first: a
ban that comes into force must be known as ours (accounts/standing.py).
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Suspension
from lifestring.db import service
from lifestring.dispatch import enqueue_on_commit
from lifestring.statements import all_rows

LIFT = "none"
FOR_GOOD = timedelta(days=36500)
# Supabase counts from when it hears of it.
SLACK = "interval '5 minutes'"
SWEPT_AT_ONCE = 500

# Until when Supabase should ban each of these; null where a ban of ours is to be lifted. One that lasts longer than we ever
# asked for is somebody else's, and stays.
_DUE = f"""
WITH known AS (
  SELECT s.user_id, u.banned_until AS has, s.banned_until AS asked,
         CASE WHEN %(on)s AND (s.until IS NULL OR s.until > now()) THEN coalesce(s.until, %(for_good)s) END AS wanted
    FROM django.accounts_suspension s JOIN auth.users u ON u.id = s.user_id
   WHERE (s.banned_until IS NOT NULL OR s.until IS NULL OR s.until > now())
     AND (%(user)s::uuid IS NULL OR s.user_id = %(user)s::uuid))
SELECT user_id, wanted, asked FROM known
 WHERE CASE WHEN wanted IS NULL THEN coalesce(has, '-infinity') <= asked + {SLACK}
            WHEN coalesce(has, '-infinity') < least(wanted - {SLACK}, now() + interval '36000 days') THEN true
            ELSE wanted < now() + interval '36000 days' AND has > wanted + {SLACK} AND has <= asked + {SLACK} END
 ORDER BY user_id LIMIT %(limit)s
"""  # noqa: S608 - constants


class Ask(NamedTuple):
    """What Supabase is to be asked for.

    Args:
        duration: its `ban_duration`.
        until: the end of that ban; of one that is lifted, the end it had.
    """

    duration: str
    until: datetime

    @property
    def lifts(self) -> bool:
        """Whether it ends a ban."""
        return self.duration == LIFT


@service
def ban_ask(*, user_id: uuid.UUID) -> Ask | None:
    """Write down what Supabase is asked for about somebody, and return it; None where nothing is due."""
    with connection.cursor() as cursor:
        # One job after the other: the later one sees what the earlier one asked for.
        cursor.execute("SELECT 1 FROM django.accounts_suspension WHERE user_id = %s FOR UPDATE", [user_id])
    for _, wanted, asked in _due(user_id, 1):
        if wanted is None:
            return Ask(LIFT, asked)
        Suspension.objects.filter(user_id=user_id).update(banned_until=wanted)
        return Ask(f"{max(1, round((wanted - timezone.now()).total_seconds()))}s", wanted)
    return None


@service
def ban_forget(*, user_id: uuid.UUID, until: datetime) -> None:
    """Note that Supabase has lifted our ban of somebody, unless another one was asked for meanwhile."""
    Suspension.objects.filter(user_id=user_id, banned_until=until).update(banned_until=None)


@service
def bans_sweep() -> int:
    """Have a job for everybody whose ban is not as it should be; returns for how many. Nothing without the service key."""
    if not settings.SUPABASE_SERVICE_KEY:
        return 0
    due = _due(None, SWEPT_AT_ONCE)
    for user_id, *_ in due:
        enqueue_on_commit("moderation.follow_suspension", str(user_id))
    return len(due)


def _due(user_id: uuid.UUID | None, limit: int) -> list[tuple[Any, ...]]:
    values = {"on": settings.SUSPENSION_BANS, "for_good": timezone.now() + FOR_GOOD, "user": user_id, "limit": limit}
    return all_rows(_DUE, values)
