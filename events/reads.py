"""What the routes of events read, as functions of values alone, so that their SQL is kept (lifestring/rows.py)."""

from django.db.models import F, QuerySet

from accounts.callers import Caller
from events.models import Event


def best(caller: Caller, text: str) -> QuerySet[Event]:
    """The events that match a search, the best first."""
    return Event.objects.listed_for(caller).matching(text).order_by(F("rank").desc(), "-created_at", "-id")
