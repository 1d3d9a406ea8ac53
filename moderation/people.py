"""People as things that can be reported."""

import uuid

from accounts import reads
from accounts.callers import Caller
from lifestring import rows
from lifestring.expressions import TextKey
from moderation.targets import Context, Irremovable, Subject

_COLUMNS = ("user_id", TextKey("contact_info", "name"), TextKey("biography", "bio"), "created_at")


class PersonTarget(Irremovable):
    """A person; whoever blocked the caller is not there for them."""

    def find(self, target_id: uuid.UUID) -> Subject | None:
        """Return the person themself."""
        return Subject(target_id) if self.context(target_id) else None

    def is_visible_to(self, target_id: uuid.UUID, caller: Caller) -> bool:
        """Whether the caller could read the profile."""
        return caller.may_look_up(target_id) and self.find(target_id) is not None

    def context(self, target_id: uuid.UUID) -> Context | None:
        """Return what the profile says first."""
        for user_id, name, bio, at in rows.fetch(reads.cards, ((target_id,),), _COLUMNS):
            return Context(bio or "", user_id, name, at, {}, ())
        return None
