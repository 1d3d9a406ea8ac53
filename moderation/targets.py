"""What can be reported, looked at, removed and put back: each app registers its things, since moderation knows none.

Everything here but `find`, `is_visible_to` and `context` runs inside the transaction of the service that asks for it, and
goes the way of the app's own services, so that counts, the room log and live clients follow.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from accounts.callers import Caller
from lifestring.errors import ConflictError
from moderation.reasons import TargetType

NOT_REMOVABLE = "This cannot be removed; its person can be warned or suspended."


class Subject(NamedTuple):
    """Whose a thing is, and where.

    Args:
        person_id: whose; None where it is nobody's in particular.
        room_id: the room it is in, of messages and rooms.
    """

    person_id: uuid.UUID | None
    room_id: uuid.UUID | None = None


class Line(NamedTuple):
    """One thing among those around another, in the order people read them; `is_subject` marks the other itself."""

    id: uuid.UUID
    person_id: uuid.UUID | None
    name: str | None
    text: str
    at: datetime | None
    is_subject: bool = False


class Context(NamedTuple):
    """A thing as staff look at it.

    Args:
        text: what it says.
        person_id: whose it is.
        name: their name, where they have one.
        at: when it was made.
        details: further facts by their names.
        around: the thread, the messages before and after, the newest in a room.
    """

    text: str
    person_id: uuid.UUID | None
    name: str | None
    at: datetime | None
    details: dict[str, str]
    around: Sequence[Line]


class Taken(NamedTuple):
    """A thing that was removed.

    Args:
        content: JSON text of the thing and all that hung on it, as the database wrote it.
        people: everybody who has a row in it.
    """

    content: str
    people: Collection[uuid.UUID]


class Target(Protocol):
    """One kind of thing."""

    def find(self, target_id: uuid.UUID) -> Subject | None:
        """Return whose it is, whoever may see it; None where there is no such thing."""

    def is_visible_to(self, target_id: uuid.UUID, caller: Caller) -> bool:
        """Whether the caller could read it."""

    def context(self, target_id: uuid.UUID) -> Context | None:
        """Return it with what is around it; None where it is gone."""

    def take(self, target_id: uuid.UUID) -> Taken | None:
        """Remove it and return what puts it back; None where it is gone.

        Raises:
            ConflictError: things of this kind, or of this size, cannot be removed.
        """

    def put_back(self, target_id: uuid.UUID, content: str) -> None:
        """Put back what `take` returned, under the same ids.

        Raises:
            ConflictError: what it hung on, or its author, is gone, or it is there already; nothing is written then.
        """

    def without(self, content: str, user_id: uuid.UUID) -> str | None:
        """Return what `take` returned without one person's rows; None where nothing worth keeping is left."""


class Irremovable:
    """The part of a target that nothing can be removed of."""

    def take(self, target_id: uuid.UUID) -> Taken | None:
        """Refuse."""
        raise ConflictError(NOT_REMOVABLE)

    def put_back(self, target_id: uuid.UUID, content: str) -> None:
        """Refuse."""
        raise ConflictError(NOT_REMOVABLE)

    def without(self, content: str, user_id: uuid.UUID) -> str | None:
        """Keep nothing."""
        return None


_targets: dict[str, Target] = {}


def register_target(kind: TargetType, target: Target) -> None:
    """Have this kind of thing moderated."""
    _targets[kind] = target


def target_of(kind: str) -> Target:
    """Return what is registered for a kind of thing; every `TargetType` is."""
    return _targets[kind]
