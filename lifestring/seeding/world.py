"""What every part of the demo world is made with: ids, moments and chance."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.apps import apps

from lifestring.seeding.content import Content

_NAMESPACE = uuid.UUID("3b0c1f0e-58a4-5d0e-9a53-6f2a6c9d1e77")
PAST_DAYS = 60.0
# Two seeds at once take turns on it.
LOCK_KEY = 7_201_947


def table(name: str) -> Any:
    """Return a model of one of the apps by `app.Model`; this package belongs to the project, which imports no app."""
    return apps.get_model(name)


def stable_id(*parts: object) -> uuid.UUID:
    """Return the id that a thing of the demo world has in every database."""
    return uuid.uuid5(_NAMESPACE, "/".join(str(part) for part in parts))


@dataclass(frozen=True)
class World:
    """The content, the moment everything is counted from, and the source of chance."""

    content: Content
    now: datetime
    random: random.Random

    @cached_property
    def user_ids(self) -> dict[str, uuid.UUID]:
        """Everybody's account id by short name."""
        return {name: stable_id("people", name) for name in self.content.people}

    @cached_property
    def event_ids(self) -> dict[str, uuid.UUID]:
        """Every event's id by its key."""
        return {event["key"]: stable_id("events", event["key"]) for event in self.content.events}

    def ago(self, days: float) -> datetime:
        """Return the moment that many days back."""
        return self.now - timedelta(days=days)

    def after(self, moment: datetime, hours: float) -> datetime:
        """Return a moment some `hours` (on average) later, and always in the past."""
        wanted = self.random.expovariate(1 / hours) * 3600
        left = (self.now - moment).total_seconds()
        return moment + timedelta(seconds=min(wanted, left * self.random.uniform(0.2, 0.9)))

    def may_meet(self, one: str, others: Sequence[str]) -> bool:
        """Whether no block stands between a person and any of the others."""
        return all(frozenset((one, other)) not in self.content.blocked for other in others)

    def shared_interests(self, one: str, other: str) -> list[str]:
        """What two people both care about, in the first one's order."""
        theirs = self.content.people[other]["interests"]
        return [interest for interest in self.content.people[one]["interests"] if interest in theirs]
