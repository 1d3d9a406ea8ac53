"""Reads of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from accounts.callers import Caller
from lifestring import search

if TYPE_CHECKING:
    from events.models import Event  # noqa: F401 - named in a string below


class EventQuerySet(QuerySet["Event"]):
    """Events; any signed-in caller may read them, but lists leave out people a block stands between."""

    def listed_for(self, caller: Caller) -> EventQuerySet:
        """Leave out organisers hidden from the caller (docs/api.md, Blocks)."""
        return self.exclude(user_id__in=caller.hidden_ids) if caller.hidden_ids else self

    def matching(self, text: str) -> EventQuerySet:
        """Events whose title, description or place hold all the words."""
        return search.matching(self, text, search.text_vector("title", "description", "location"))
