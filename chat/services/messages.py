"""Writing, changing and deleting messages, in the order of the room's log."""

import uuid

from accounts.callers import Caller
from chat import reads
from chat.access import member_of
from chat.broadcasts import tell_message_deleted
from chat.models import LogKind, Message
from chat.services.log import RoomTurn
from chat.services.speaking import Voice, Written
from lifestring.db import service
from lifestring.errors import ForbiddenError, NotFoundError


@service
def message_send(*, caller: Caller, room_id: uuid.UUID, message_id: uuid.UUID, content: str) -> Written:
    """Say something in a room; a second call with the same id writes nothing and returns what the first one wrote.

    Args:
        caller: the author.
        room_id: where.
        message_id: the new message's id, which may be the client's own.
        content: validated text of `MessageWriteSerializer`.

    Raises:
        NotFoundError: there is no such room.
        NotAMemberError: the caller is not in it, or not any more.
        ValidationFailedError: somebody else's message, or one of another room, has this id.
        ConflictError: the message was sent before, and deleted since.
    """
    return Voice.of(RoomTurn.take(room_id), caller).say(message_id, content)


@service
def message_update(*, caller: Caller, room_id: uuid.UUID, message_id: uuid.UUID, content: str) -> Written:
    """Change a message's text.

    Raises:
        NotFoundError: there is no such room, or no such message in it.
        NotAMemberError: the caller is not in the room.
        ForbiddenError: the caller is not the author; staff may delete a message but never put words into it.
    """
    voice = Voice.of(RoomTurn.take(room_id), caller)
    if _author_of(room_id, message_id) != caller.user_id:
        raise ForbiddenError
    return voice.say_instead(message_id, content)


@service
def message_delete(*, caller: Caller, room_id: uuid.UUID, message_id: uuid.UUID) -> int:
    """Delete a message; returns the deletion's place in the room's log.

    Raises:
        NotFoundError, NotAMemberError: as `message_update`.
        ForbiddenError: the caller is neither the author nor staff.
    """
    turn = RoomTurn.take(room_id)
    member_of(room_id, caller)
    if _author_of(room_id, message_id) != caller.user_id and not caller.is_staff_member:
        raise ForbiddenError
    log = turn.append(LogKind.MESSAGE_DELETED, message_id, by=caller.user_id)
    Message.objects.filter(id=message_id).delete()
    tell_message_deleted(log)
    return log.seq


def _author_of(room_id: uuid.UUID, message_id: uuid.UUID) -> uuid.UUID:
    author = reads.message(room_id, message_id).values_list("user_id", flat=True).first()
    if author is None:
        raise NotFoundError
    return author
