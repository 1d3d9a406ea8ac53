"""Reads of strings, likes and comments: what a caller may see, and the flat rows that pages are made of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import BooleanField, Count, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import Coalesce, RowNumber

from accounts.callers import Caller
from lifestring import search

if TYPE_CHECKING:
    from strings.models import String, StringComment, StringLike  # noqa: F401 - named in strings below

NEWEST = 20


class StringQuerySet(QuerySet["String"]):
    """Strings; any signed-in caller may read them, but lists leave out people a block stands between."""

    def listed_for(self, caller: Caller) -> StringQuerySet:
        """Leave out authors hidden from the caller (docs/api.md, Blocks)."""
        return self.exclude(user_id__in=caller.hidden_ids) if caller.hidden_ids else self

    def for_page(self, caller: Caller) -> StringQuerySet:
        """Add what the caller sees of a string: whether they like it."""
        likes = apps.get_model("strings", "StringLike").objects.filter(string_id=OuterRef("pk"), user_id=caller.user_id)
        # A scalar subquery, looked up per row: an EXISTS may be planned as one scan of all the caller's likes.
        liked = Subquery(likes.annotate(yes=Value(True)).values("yes"), output_field=BooleanField())
        return self.annotate(is_liked_by_user=Coalesce(liked, Value(False)))

    def knowing_of_images(self) -> StringQuerySet:
        """Add `has_images`, whether there is a list with something in it, without reading it."""
        first = Func(
            F("content_images"), Value("strict $[0]"), Value("{}"), Value(True), function="jsonb_path_exists",
            template="%(function)s(%(expressions)s)", output_field=BooleanField(),
        )  # fmt: skip
        return self.annotate(has_images=Coalesce(first, Value(False)))

    def by_author(self, user_id: uuid.UUID) -> StringQuerySet:
        """Strings of one person."""
        return self.filter(user_id=user_id)

    def attached_to(self, kind: str | None, thing: uuid.UUID | None) -> StringQuerySet:
        """Strings about one thing, or one kind of thing."""
        found = self.filter(stringable_type=kind) if kind else self
        return found.filter(stringable_id=thing) if thing else found

    def since(self, moment: datetime) -> StringQuerySet:
        """Strings of a moment and later."""
        return self.filter(created_at__gte=moment)

    def liked_by(self, user_id: uuid.UUID) -> StringQuerySet:
        """Strings a person likes."""
        likes = apps.get_model("strings", "StringLike").objects.filter(string_id=OuterRef("pk"), user_id=user_id)
        return self.filter(Exists(likes))

    def matching(self, text: str) -> StringQuerySet:
        """Strings whose text answers a question."""
        return search.matching(self, text, search.STRINGS)

    def holding(self, text: str) -> StringQuerySet:
        """Such of them as hold the question's words just as they are."""
        return search.holding(self, text, search.STRINGS)

    def ranked(self, text: str, *, by_index: bool = False) -> StringQuerySet:
        """The newest strings that answer a question, with their `rank` (lifestring/search/matches.py)."""
        return search.ranked(self, text, search.STRINGS, by_index=by_index)


class StringLikeQuerySet(QuerySet["StringLike"]):
    """Who likes what."""

    def listed_for(self, caller: Caller) -> StringLikeQuerySet:
        """Leave out people hidden from the caller."""
        return self.exclude(user_id__in=caller.hidden_ids) if caller.hidden_ids else self

    def of_string(self, string_id: uuid.UUID) -> StringLikeQuerySet:
        """The likes of one string."""
        return self.filter(string_id=string_id)

    def newest_per_string(self, string_ids: Iterable[uuid.UUID]) -> StringLikeQuerySet:
        """The newest likes of each of these strings."""
        place = Window(RowNumber(), partition_by=F("string_id"), order_by=[F("created_at").desc(), F("user_id").desc()])
        return self.filter(string_id__in=list(string_ids)).annotate(place=place).filter(place__lte=NEWEST)


class StringCommentQuerySet(QuerySet["StringComment"]):
    """Comments; as with strings, lists leave out people a block stands between."""

    def listed_for(self, caller: Caller) -> StringCommentQuerySet:
        """Leave out authors hidden from the caller."""
        return self.exclude(user_id__in=caller.hidden_ids) if caller.hidden_ids else self

    def with_replies_count(self, caller: Caller) -> StringCommentQuerySet:
        """Add `replies_count`, the direct replies visible to the caller."""
        replies = self.model.objects.filter(parent_comment_id=OuterRef("pk")).order_by()
        if caller.hidden_ids:
            replies = replies.exclude(user_id__in=caller.hidden_ids)
        counted = replies.values("parent_comment_id").annotate(count=Count("*")).values("count")
        return self.annotate(replies_count=Coalesce(Subquery(counted), Value(0)))

    def on(self, string_id: uuid.UUID) -> StringCommentQuerySet:
        """Comments on one string, at any depth."""
        return self.filter(string_id=string_id)

    def top_level(self) -> StringCommentQuerySet:
        """Comments that answer the string itself."""
        return self.filter(parent_comment_id=None)

    def replies_to(self, comment_id: uuid.UUID) -> StringCommentQuerySet:
        """Direct replies to one comment."""
        return self.filter(parent_comment_id=comment_id)

    def newest_top_level_per_string(self, string_ids: Iterable[uuid.UUID]) -> StringCommentQuerySet:
        """The newest top-level comments of each of these strings."""
        return self.top_level().filter(string_id__in=list(string_ids))._newest_per("string_id", newest_first=True)

    def oldest_replies_per_comment(self, comment_ids: Iterable[uuid.UUID]) -> StringCommentQuerySet:
        """The first replies to each of these comments, in the order they were written."""
        return self.filter(parent_comment_id__in=list(comment_ids))._newest_per("parent_comment_id", newest_first=False)

    def _newest_per(self, group: str, *, newest_first: bool) -> StringCommentQuerySet:
        created, tie = F("created_at"), F("id")
        order = [created.desc(), tie.desc()] if newest_first else [created.asc(), tie.asc()]
        place = Window(RowNumber(), partition_by=F(group), order_by=order)
        return self.annotate(place=place).filter(Q(place__lte=NEWEST)).order_by("place")
