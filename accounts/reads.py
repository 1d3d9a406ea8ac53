"""What the routes of people read, as functions of values alone, so that their SQL is kept (lifestring/rows.py)."""

import uuid
from datetime import datetime

from django.db.models import F, QuerySet

from accounts.callers import Caller
from accounts.models import Enneagram, UserConnection, UserEnneagram, UserProfile
from accounts.querysets import UserConnectionQuerySet, UserEnneagramQuerySet, UserProfileQuerySet
from lifestring import pages, rows, search
from lifestring.nearby import Nearby

# Among so many of the newest people is looked for those who match a search, before everybody.
NEAREST = 5_000


def person(given: uuid.UUID, caller: Caller) -> UserProfileQuerySet:
    """One profile by user id or profile id, as the caller may see it."""
    return UserProfile.objects.visible_to(caller).shown_to(caller).known_as(given)


def people(caller: Caller, text: str | None) -> UserProfileQuerySet:
    """Everybody the caller may find, narrowed to names with words that begin as those of the text."""
    found = UserProfile.objects.listed_for(caller)
    return found.named(text) if text else found


def everybody() -> UserProfileQuerySet:
    """All profiles there are."""
    return UserProfile.objects.all()


def as_seen(found: UserProfileQuerySet, caller: Caller, *_: object) -> UserProfileQuerySet:
    """Add what the caller may see of each person."""
    return found.shown_to(caller)


def ranked(caller: Caller, text: str) -> UserProfileQuerySet:
    """The newest people who match a search, with their ranks."""
    return UserProfile.objects.listed_for(caller).ranked(text)


def ranked_nearby(caller: Caller, text: str, since: datetime) -> UserProfileQuerySet:
    """The same, of so few people that each may be looked at."""
    return UserProfile.objects.listed_for(caller).since(since).ranked(text, by_index=True)


def matching(caller: Caller, text: str) -> UserProfileQuerySet:
    """All people who match a search."""
    return UserProfile.objects.listed_for(caller).matching(text)


def matching_since(caller: Caller, text: str, since: datetime) -> UserProfileQuerySet:
    """All people who match a search and came since a moment."""
    return matching(caller, text).since(since)


def newest() -> QuerySet[UserProfile]:
    """All people of whom it is known when they came, the newest first."""
    known = everybody().filter(created_at__isnull=False)
    return known.order_by(F("created_at").desc(nulls_last=True), "-id")


def best(caller: Caller, text: str) -> list[uuid.UUID]:
    """Return who answers a search, of those who are ranked, the best first.

    Where nearly everybody answers, the newest are found among the newest, without sorting all.
    """
    columns, found = ("user_id", "rank"), None
    expected = rows.expected(matching, matching, (caller, text))
    if not pages.is_few(expected):
        nearby = Nearby(
            edge_of=lambda reach: rows.fetch(newest, (), ("created_at",), limit=1, offset=reach),
            expected=lambda since: rows.expected(matching_since, matching_since, (caller, text, since)) or 0,
            walk=lambda since: rows.fetch(ranked_nearby, (caller, text, since), columns),
            indexed=bool(expected),
        )
        # On the way a document is made of each, which is dear for people: where fewer answer, sorting all is cheaper.
        found = nearby.look(NEAREST, None, enough=search.MAX_RANKED, worth=NEAREST // 2)
    return search.best_first(rows.fetch(ranked, (caller, text), columns) if found is None else found)


def chosen_enneagrams(user_ids: tuple[uuid.UUID, ...]) -> UserEnneagramQuerySet:
    """The types these people chose."""
    return UserEnneagram.objects.of_users(user_ids)


def all_enneagrams() -> QuerySet[Enneagram]:
    """The nine types."""
    return Enneagram.objects.all()


def people_by_id(user_ids: tuple[uuid.UUID, ...], caller: Caller) -> UserProfileQuerySet:
    """These people, as the caller may see them."""
    return UserProfile.objects.filter(user_id__in=user_ids).shown_to(caller)


def cards(user_ids: tuple[uuid.UUID, ...]) -> QuerySet[UserProfile]:
    """These people; for columns that everybody may see."""
    return UserProfile.objects.filter(user_id__in=user_ids)


def connections(caller: Caller, sent: bool, received: bool, status: str | None) -> UserConnectionQuerySet:  # noqa: FBT001 - `Listing` passes values by position
    """The caller's connections: those they asked for, those they were asked for, or both; of one status or of all."""
    found = UserConnection.objects.of(caller, sent=sent, received=received)
    return found if status is None else found.filter(status=status)


def newest_connections(caller: Caller, sent: bool, received: bool, status: str | None) -> QuerySet[UserConnection]:  # noqa: FBT001 - as above
    """As `connections`, the newest first, for lists without pages."""
    return connections(caller, sent, received, status).order_by("-created_at", F("other_id").desc())


def connection_with(user_id: uuid.UUID, caller: Caller) -> UserConnectionQuerySet:
    """The caller's connection with one person."""
    return UserConnection.objects.of(caller).between(caller.user_id, user_id)


def own_blocks(caller: Caller) -> UserConnectionQuerySet:
    """The blocks the caller set."""
    return UserConnection.objects.blocks_by(caller.user_id).annotate(other_id=F("receiver_id"))


def own_block_of(user_id: uuid.UUID, caller: Caller) -> UserConnectionQuerySet:
    """The caller's block of one person."""
    return own_blocks(caller).filter(receiver_id=user_id)
