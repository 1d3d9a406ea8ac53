"""What the routes of people read, as functions of values alone, so that their SQL is kept (lifestring/rows.py)."""

import uuid

from django.db.models import F, QuerySet

from accounts.callers import Caller
from accounts.models import Enneagram, UserEnneagram, UserProfile
from accounts.querysets import UserEnneagramQuerySet, UserProfileQuerySet


def person(given: uuid.UUID, caller: Caller) -> UserProfileQuerySet:
    """One profile by user id or profile id, as the caller may see it."""
    return UserProfile.objects.visible_to(caller).shown_to(caller).known_as(given)


def people(caller: Caller, text: str | None) -> UserProfileQuerySet:
    """Everybody the caller may find, narrowed to names with the text in them."""
    found = UserProfile.objects.listed_for(caller)
    return found.named(text) if text else found


def as_seen(found: UserProfileQuerySet, caller: Caller, *_: object) -> UserProfileQuerySet:
    """Add what the caller may see of each person."""
    return found.shown_to(caller)


def best(caller: Caller, text: str) -> QuerySet[UserProfile]:
    """The people who match a search, the best first."""
    found = UserProfile.objects.listed_for(caller).shown_to(caller).matching(text)
    return found.order_by(F("rank").desc(), "-created_at", "-id")


def chosen_enneagrams(user_ids: tuple[uuid.UUID, ...]) -> UserEnneagramQuerySet:
    """The types these people chose."""
    return UserEnneagram.objects.of_users(user_ids)


def all_enneagrams() -> QuerySet[Enneagram]:
    """The nine types."""
    return Enneagram.objects.all()
