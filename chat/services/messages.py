"""Writing, changing and deleting messages, in the order of the room's log."""

import uuid
from typing import Any, NamedTuple

from django.db import connection

from accounts.callers import Caller
from chat import reads
from chat.access import member_of
from chat.broadcasts import tell_message, tell_message_deleted
from chat.columns import MESSAGE_COLUMNS
from chat.models import LogKind, Message
from chat.services.log import RoomTurn
from lifestring import rows
from lifestring.db import service
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.rows import Row

ID_TAKEN = "This id is taken; make another one."
DELETED = "This message was sent, and deleted since."

# The message of this id, wherever it is, and whether the room's log knows of it: what was deleted must not come back
# because a client that missed the answer sends it again.
_THERE = """
SELECT m.room_id, m.user_id, (
    SELECT max(seq) FROM django.chat_roomlogentry
     WHERE subject_id = %(id)s AND room_id = %(room)s AND kind = 'message.created')
  FROM (SELECT %(id)s::uuid AS id) wanted LEFT JOIN public.messages m USING (id)
"""
# One round trip, since the room waits.
_STORE = """
WITH stored AS (
  INSERT INTO public.messages (id, room_id, user_id, content, created_at, updated_at)
  VALUES (%(id)s, %(room)s, %(user)s, %(content)s, %(at)s, %(at)s))
UPDATE public.rooms SET updated_at = %(at)s WHERE id = %(room)s
"""


class Written(NamedTuple):
    """A message as it was written.

    Args:
        seq: its place in the room's log; None where it was sent before, and that entry has been trimmed since.
        row: its `MESSAGE_COLUMNS`.
    """

    seq: int | None
    row: Row


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
    turn = RoomTurn.take(room_id)
    author = member_of(room_id, caller).author
    there, seq = _sent_before(room_id, message_id)
    if there is not None:
        if there != (room_id, caller.user_id):
            raise ValidationFailedError({"id": [ID_TAKEN]})
        return Written(seq, _row(room_id, message_id))
    if seq is not None:
        raise ConflictError(DELETED, errors={"id": [DELETED]})
    log = turn.append(LogKind.MESSAGE_CREATED, message_id, by=caller.user_id)
    values: dict[str, Any] = {"id": message_id, "room": room_id, "user": caller.user_id, "content": content}
    with connection.cursor() as cursor:
        cursor.execute(_STORE, {**values, "at": log.at})
    row = (message_id, room_id, caller.user_id, content, log.at, log.at, *author)
    tell_message(log, row)
    return Written(log.seq, row)


@service
def message_update(*, caller: Caller, room_id: uuid.UUID, message_id: uuid.UUID, content: str) -> Written:
    """Change a message's text.

    Raises:
        NotFoundError: there is no such room, or no such message in it.
        NotAMemberError: the caller is not in the room.
        ForbiddenError: the caller is not the author; staff may delete a message but never put words into it.
    """
    turn = RoomTurn.take(room_id)
    member_of(room_id, caller)
    if _author_of(room_id, message_id) != caller.user_id:
        raise ForbiddenError
    log = turn.append(LogKind.MESSAGE_UPDATED, message_id, by=caller.user_id)
    Message.objects.filter(id=message_id).update(content=content, updated_at=log.at)
    row = _row(room_id, message_id)
    tell_message(log, row)
    return Written(log.seq, row)


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


def _sent_before(room_id: uuid.UUID, message_id: uuid.UUID) -> tuple[tuple[uuid.UUID, uuid.UUID] | None, int | None]:
    """The room and author of the message with this id, if there is one, and its place in this room's log."""
    with connection.cursor() as cursor:
        cursor.execute(_THERE, {"id": message_id, "room": room_id})
        (place, author, seq), *_ = cursor.fetchall()
    return None if place is None else (place, author), seq


def _author_of(room_id: uuid.UUID, message_id: uuid.UUID) -> uuid.UUID:
    author = reads.message(room_id, message_id).values_list("user_id", flat=True).first()
    if author is None:
        raise NotFoundError
    return author


def _row(room_id: uuid.UUID, message_id: uuid.UUID) -> Row:
    found = rows.fetch(reads.message, (room_id, message_id), MESSAGE_COLUMNS)
    if not found:
        # Another client, who takes no turns, has just deleted it.
        raise NotFoundError
    return found[0]
