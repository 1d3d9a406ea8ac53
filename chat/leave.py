"""Whom the assistant may act for without asking in a room: `metadata.assistant.may_act` (docs/api.md, Rooms).

Any member may change a room's metadata, but what one sets there must not have anything done in another's name: so it is a
list of people, and everybody puts only themself on it.
"""

import uuid
from typing import Any

from accounts.callers import Caller
from chat.limits import MAX_PARTICIPANTS
from chat.models import Room
from lifestring.errors import ValidationFailedError

FIELD = "metadata.assistant.may_act"
NOT_A_LIST = "This must be a list of user ids, or true for oneself."
NOT_YOURS = "Everybody allows this for themself only."


def with_own_leave(caller: Caller, room_id: uuid.UUID, metadata: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a room's new metadata as it is stored; `true` there means the caller.

    Args:
        caller: who sets it, and holds the room's turn.
        room_id: the room, which may be about to be made.
        metadata: validated.

    Raises:
        ValidationFailedError: somebody else's leave is in it that they have not given.
    """
    assistant = (metadata or {}).get("assistant")
    if metadata is None or not isinstance(assistant, dict) or not assistant.get("may_act"):
        return metadata
    own = str(caller.user_id)
    given = [own] if assistant["may_act"] is True else assistant["may_act"]
    if not isinstance(given, list) or len(given) > MAX_PARTICIPANTS or not all(isinstance(who, str) for who in given):
        raise ValidationFailedError({FIELD: [NOT_A_LIST]})
    others = sorted(set(given) - {own})
    if others and not Room.objects.filter(id=room_id, metadata__assistant__may_act__contains=others).exists():
        raise ValidationFailedError({FIELD: [NOT_YOURS]})
    return {**metadata, "assistant": {**assistant, "may_act": given}}
