"""Staff who read what was said in private: never without a trace."""

import uuid

from accounts.callers import Caller
from chat import reads
from chat.services.targets import LINE_COLUMNS
from lifestring import rows
from lifestring.db import service
from lifestring.errors import NotFoundError, ValidationFailedError
from moderation.models import Action, Case
from moderation.services.locked import Act
from moderation.staff import check_staff
from moderation.targets import Line

NEEDS_REASON = "No open case is about this room: say why you have to read it."
PAGE = 100


@service
def room_read_for_staff(
    *, caller: Caller, room_id: uuid.UUID, reason: str = "", before: uuid.UUID | None = None
) -> list[Line]:
    """Return messages of a room, the last first, and write down who read them.

    Args:
        caller: a member of staff; they need not be in the room.
        room_id: which room.
        reason: why; needed where no open case is about the room or something said in it.
        before: a message; only earlier ones are returned.

    Raises:
        ForbiddenError: the caller does not moderate.
        NotFoundError: there is no such room, or no such message in it.
        ValidationFailedError: there is no reason.
    """
    check_staff(caller)
    if not reads.is_there(room_id):
        raise NotFoundError
    case = Case.objects.open().of_room(room_id).order_by("opened_at", "id").first()
    if case is None and not reason.strip():
        raise ValidationFailedError({"reason": [NEEDS_REASON]})
    place = None if before is None else reads.place_of(room_id, before)
    if before is not None and place is None:
        raise NotFoundError
    if place is None:
        found = rows.fetch(reads.newest_messages, (room_id,), LINE_COLUMNS, limit=PAGE)
    else:
        found = rows.fetch(reads.messages_before, (room_id, *place), LINE_COLUMNS, limit=PAGE)
    after = {"messages": len(found), "has_case": case is not None}
    Act(caller, reason).record(Action.ROOM_READ, target=("room", room_id), after=after)
    return [Line(*row) for row in found]
