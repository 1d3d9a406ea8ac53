"""What the routes of strings and comments read: functions of values alone, so that SQL is kept (lifestring/rows.py)."""

import uuid
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, QuerySet

from accounts.callers import Caller
from lifestring import pages, rows, search
from lifestring.nearby import Nearby
from strings.models import String, StringComment, StringLike
from strings.querysets import StringCommentQuerySet, StringLikeQuerySet, StringQuerySet

# Among so many of the newest strings a search by relevance looks first, and then.
RECENT, FARTHER = 20_000, 100_000
# So many comments staff see around what they look at.
IN_CONTEXT = 20


class FeedFilters(NamedTuple):
    """The filters of GET /strings; None where not asked for."""

    author: uuid.UUID | None
    kind: str | None
    thing: uuid.UUID | None
    text: str | None


def feed(
    caller: Caller, author: uuid.UUID | None, kind: str | None, thing: uuid.UUID | None, text: str | None
) -> StringQuerySet:
    """Everybody's strings, narrowed by `FeedFilters`."""
    found = String.objects.listed_for(caller).attached_to(kind, thing)
    if author is not None:
        found = found.by_author(author)
    return found.matching(text) if text else found


def feed_holding(
    caller: Caller, author: uuid.UUID | None, kind: str | None, thing: uuid.UUID | None, text: str
) -> StringQuerySet:
    """Such strings of a searched feed as hold the question's words just as they are."""
    return feed(caller, author, kind, thing, None).holding(text)


def everything() -> QuerySet[String]:
    """All strings there are."""
    return String.objects.all()


def own(caller: Caller) -> StringQuerySet:
    """The caller's strings."""
    return String.objects.by_author(caller.user_id)


def own_newest(caller: Caller) -> QuerySet[String]:
    """The caller's strings for the frontend's short list."""
    return own(caller).for_page(caller).order_by("-created_at", "-id")


def liked(caller: Caller) -> StringQuerySet:
    """The strings the caller likes."""
    return String.objects.listed_for(caller).liked_by(caller.user_id)


def with_viewer(found: StringQuerySet, caller: Caller, *_: object) -> StringQuerySet:
    """Add what the caller sees of each string."""
    return found.for_page(caller)


def one(string_id: uuid.UUID, caller: Caller) -> StringQuerySet:
    """One string."""
    return String.objects.filter(id=string_id).for_page(caller)


def is_there(string_id: uuid.UUID) -> bool:
    """Whether there is such a string."""
    return String.objects.filter(id=string_id).exists()


def ranked(caller: Caller, text: str) -> StringQuerySet:
    """The newest strings that match a search, with their ranks."""
    return String.objects.listed_for(caller).ranked(text)


def ranked_since(caller: Caller, text: str, since: datetime) -> StringQuerySet:
    """The newest of all strings since a moment that match a search, with their ranks."""
    return String.objects.listed_for(caller).since(since).ranked(text)


def ranked_nearby(caller: Caller, text: str, since: datetime) -> StringQuerySet:
    """The same, of so few strings that each may be looked at."""
    return String.objects.listed_for(caller).since(since).ranked(text, by_index=True)


def matching_since(caller: Caller, text: str, since: datetime) -> StringQuerySet:
    """All strings that match a search, since a moment."""
    return String.objects.listed_for(caller).since(since).matching(text)


def newest() -> QuerySet[String]:
    """All strings there are, the newest first."""
    return everything().order_by("-created_at", "-id")


def best(caller: Caller, text: str) -> list[uuid.UUID]:
    """Return which strings answer a search, of those that are ranked, the best first.

    Finding the newest of all matches takes the longer the more there are; among the newest strings it does not.
    """
    columns, found = ("id", "rank"), None
    expected = rows.expected(feed, feed, (caller, None, None, None, text))
    if not pages.is_few(expected):
        nearby = Nearby(
            edge_of=lambda reach: rows.fetch(newest, (), ("created_at",), limit=1, offset=reach),
            expected=lambda since: rows.expected(matching_since, matching_since, (caller, text, since)) or 0,
            walk=lambda since: rows.fetch(ranked_nearby, (caller, text, since), columns),
            find=lambda since: rows.fetch(ranked_since, (caller, text, since), columns),
            indexed=bool(expected),
        )
        found = nearby.look(RECENT, FARTHER, enough=search.MAX_RANKED, worth=search.MAX_RANKED)
    return search.best_first(rows.fetch(ranked, (caller, text), columns) if found is None else found)


def likes_of(string_id: uuid.UUID, caller: Caller) -> StringLikeQuerySet:
    """Who likes a string."""
    return StringLike.objects.listed_for(caller).of_string(string_id)


def newest_likes(string_ids: tuple[uuid.UUID, ...], caller: Caller) -> QuerySet[StringLike]:
    """The newest likes of each of these strings."""
    return StringLike.objects.listed_for(caller).newest_per_string(string_ids).order_by(F("place"))


def comments_on(string_id: uuid.UUID, caller: Caller) -> StringCommentQuerySet:
    """All comments on a string."""
    return StringComment.objects.on(string_id).listed_for(caller)


def top_level_comments_on(string_id: uuid.UUID, caller: Caller) -> StringCommentQuerySet:
    """The comments on a string that are no replies."""
    return comments_on(string_id, caller).top_level()


def replies_to(comment_id: uuid.UUID, caller: Caller) -> StringCommentQuerySet:
    """Direct replies to a comment."""
    return StringComment.objects.replies_to(comment_id).listed_for(caller)


def counting_replies(found: StringCommentQuerySet, _: uuid.UUID, caller: Caller) -> StringCommentQuerySet:
    """Add how many replies to each comment the caller sees."""
    return found.with_replies_count(caller)


def comments(comment_ids: tuple[uuid.UUID, ...], caller: Caller) -> StringCommentQuerySet:
    """These comments, as far as the caller sees them."""
    return StringComment.objects.filter(id__in=comment_ids).listed_for(caller).with_replies_count(caller)


def newest_comments(string_ids: tuple[uuid.UUID, ...], caller: Caller) -> StringCommentQuerySet:
    """The newest top-level comments on each of these strings."""
    visible = StringComment.objects.listed_for(caller).with_replies_count(caller)
    return visible.newest_top_level_per_string(string_ids)


def first_replies(comment_ids: tuple[uuid.UUID, ...], caller: Caller) -> StringCommentQuerySet:
    """The first replies to each of these comments."""
    visible = StringComment.objects.listed_for(caller).with_replies_count(caller)
    return visible.oldest_replies_per_comment(comment_ids)


def plainly(string_id: uuid.UUID) -> QuerySet[String]:
    """One string, as everybody sees it."""
    return String.objects.filter(id=string_id)


def comment_plainly(comment_id: uuid.UUID) -> QuerySet[StringComment]:
    """One comment, whoever looks."""
    return StringComment.objects.filter(id=comment_id)


def newest_on(string_id: uuid.UUID) -> QuerySet[StringComment]:
    """The comments on a string at any depth, the last first, whoever looks."""
    return StringComment.objects.on(string_id).order_by("-created_at", "-id")


def before_on(string_id: uuid.UUID, moment: datetime) -> QuerySet[StringComment]:
    """What was said on a string before a moment, the last first."""
    return newest_on(string_id).filter(created_at__lt=moment)


def after_on(string_id: uuid.UUID, moment: datetime) -> QuerySet[StringComment]:
    """What was said on a string from a moment on, the first first."""
    return StringComment.objects.on(string_id).filter(created_at__gte=moment).order_by("created_at", "id")
