"""What somebody says in a room, inside of the transaction that took the room's turn."""

import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from accounts.callers import Caller
from chat import reads
from chat.access import member_of
from chat.broadcasts import tell_message
from chat.columns import MESSAGE_COLUMNS
from chat.models import LogKind, Message
from chat.services.log import RoomTurn
from lifestring import rows
from lifestring.errors import ConflictError, NotFoundError, ValidationFailedError
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
        is_new: whether it was written just now.
    """

    seq: int | None
    row: Row
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody in a room whose turn was taken.

    Args:
        turn: the room's turn.
        user_id: who speaks.
        author: what `author_shape` takes of their profile.
    """

    turn: RoomTurn
    user_id: uuid.UUID
    author: Row

    @classmethod
    def of(cls, turn: RoomTurn, caller: Caller) -> "Voice":
        """Return the caller's voice.

        Raises:
            NotFoundError: there is no such room.
            NotAMemberError: the caller is not in it, or not any more.
        """
        return cls(turn, caller.user_id, member_of(turn.room_id, caller).author)

    def say(self, message_id: uuid.UUID, content: str) -> Written:
        """Say something; with an id that was said before nothing is written, and what that first wrote is returned.

        Raises:
            ValidationFailedError: somebody else's message, or one of another room, has this id.
            ConflictError: the message was sent before, and deleted since.
        """
        room_id = self.turn.room_id
        there, seq = self._said_before(message_id)
        if there is not None:
            if there != (room_id, self.user_id):
                raise ValidationFailedError({"id": [ID_TAKEN]})
            return Written(seq, _row(room_id, message_id), is_new=False)
        if seq is not None:
            raise ConflictError(DELETED, errors={"id": [DELETED]})
        log = self.turn.append(LogKind.MESSAGE_CREATED, message_id, by=self.user_id)
        values: dict[str, Any] = {"id": message_id, "room": room_id, "user": self.user_id, "content": content}
        with connection.cursor() as cursor:
            cursor.execute(_STORE, {**values, "at": log.at})
        row = (message_id, room_id, self.user_id, content, log.at, log.at, *self.author)
        tell_message(log, row)
        return Written(log.seq, row)

    def say_instead(self, message_id: uuid.UUID, content: str) -> Written:
        """Put another text in the place of what this person has said; whose it is was looked at before."""
        log = self.turn.append(LogKind.MESSAGE_UPDATED, message_id, by=self.user_id)
        Message.objects.filter(id=message_id).update(content=content, updated_at=log.at)
        row = _row(self.turn.room_id, message_id)
        tell_message(log, row)
        return Written(log.seq, row)

    def _said_before(self, message_id: uuid.UUID) -> tuple[tuple[uuid.UUID, uuid.UUID] | None, int | None]:
        """The room and author of the message with this id, if there is one, and its place in this room's log."""
        with connection.cursor() as cursor:
            cursor.execute(_THERE, {"id": message_id, "room": self.turn.room_id})
            (place, author, seq), *_ = cursor.fetchall()
        return None if place is None else (place, author), seq


def _row(room_id: uuid.UUID, message_id: uuid.UUID) -> Row:
    """Return a message's `MESSAGE_COLUMNS`.

    Raises:
        NotFoundError: another client, who takes no turns, has just deleted it.
    """
    found = rows.fetch(reads.message, (room_id, message_id), MESSAGE_COLUMNS)
    if not found:
        raise NotFoundError
    return found[0]
