"""Who is in a room: coming, going, and how far each has read."""

import uuid
from typing import NamedTuple

from django.db import connection

from accounts.callers import Caller
from accounts.models import UserConnection, UserProfile
from chat import reads
from chat.access import member_of
from chat.broadcasts import tell_participant_added, tell_participant_removed, tell_read, tell_room_deleted
from chat.columns import PARTICIPANT_COLUMNS, ROOM_COLUMNS
from chat.models import LogKind, ReadMark, RoomParticipant
from chat.services.log import RoomTurn
from chat.services.rooms import UNKNOWN_PERSON
from lifestring import rows
from lifestring.db import service
from lifestring.errors import BlockedError, ForbiddenError, NotFoundError, ValidationFailedError

ALREADY_IN = "This person is in the room already."
NO_MESSAGE = "There is no such message in this room."

# Only ever forwards: of two devices, the one that is behind must not undo the other. It takes no turn, but holds on to
# the place in the room, without which there is no mark: whoever takes that away deletes the mark after it.
_MARK = """
INSERT INTO django.chat_readmark AS mark (room_id, user_id, message_id, message_at, at)
SELECT room_id, user_id, %(message)s, %(moment)s, clock_timestamp() FROM public.room_participants
 WHERE room_id = %(room)s AND user_id = %(user)s FOR KEY SHARE
ON CONFLICT (room_id, user_id) DO UPDATE
   SET message_id = excluded.message_id, message_at = excluded.message_at, at = excluded.at
 WHERE (excluded.message_at, excluded.message_id) > (mark.message_at, mark.message_id)
"""


class Removal(NamedTuple):
    """What became of a removal.

    Args:
        seq: its place in the room's log; None where the room went with its last participant.
    """

    seq: int | None

    @property
    def room_deleted(self) -> bool:
        """Whether nobody was left, and the room is gone."""
        return self.seq is None


@service
def participant_add(*, caller: Caller, room_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """Bring somebody into a room; returns its place in the room's log.

    Raises:
        NotFoundError: there is no such room.
        NotAMemberError: the caller is not in it.
        ValidationFailedError: there is no such person, or they are in it already.
        BlockedError: a block stands between them and the caller, or anybody else in the room.
    """
    turn = RoomTurn.take(room_id)
    member_of(room_id, caller)
    if not UserProfile.objects.filter(user_id=user_id).exists():
        raise ValidationFailedError({"user_id": [UNKNOWN_PERSON]})
    members = list(reads.participants(room_id).values_list("user_id", flat=True))
    if user_id in members:
        raise ValidationFailedError({"user_id": [ALREADY_IN]})
    if UserConnection.objects.blocks_between([user_id], members).exists():
        raise BlockedError
    log = turn.append(LogKind.PARTICIPANT_ADDED, user_id, by=caller.user_id)
    RoomParticipant.objects.create(room_id=room_id, user_id=user_id)
    profile = rows.fetch(reads.participant, (room_id, user_id), PARTICIPANT_COLUMNS)[0][2:]
    tell_participant_added(log, user_id, profile, rows.fetch(reads.room, (room_id, caller), ROOM_COLUMNS)[0])
    return log.seq


@service
def participant_remove(*, caller: Caller, room_id: uuid.UUID, user_id: uuid.UUID) -> Removal:
    """Take somebody out of a room; with the last one, the assistant not counted, the room goes.

    Args:
        caller: the person themself, or staff who are in the room.
        room_id: which room.
        user_id: whom; their profile's own id is understood too.

    Raises:
        NotFoundError: there is no such room, or they are not in it.
        NotAMemberError: the caller is not in it.
        ForbiddenError: it is somebody else, and the caller is no staff.
    """
    turn = RoomTurn.take(room_id)
    member_of(room_id, caller)
    place = RoomParticipant.objects.of_room(room_id).known_as(user_id).values_list("user_id", flat=True).first()
    if place is None:
        raise NotFoundError
    if place != caller.user_id and not caller.is_staff_member:
        raise ForbiddenError
    RoomParticipant.objects.filter(room_id=room_id, user_id=place).delete()
    ReadMark.objects.filter(room_id=room_id, user_id=place).delete()
    if not reads.participants(room_id).people().exists():
        turn.end()
        tell_room_deleted(room_id, [place])
        return Removal(None)
    log = turn.append(LogKind.PARTICIPANT_REMOVED, place, by=caller.user_id)
    tell_participant_removed(log, place)
    return Removal(log.seq)


@service
def read_mark_set(*, caller: Caller, room_id: uuid.UUID, message_id: uuid.UUID) -> None:
    """Note that the caller has read a room up to a message; never back behind what was noted before.

    Raises:
        NotFoundError, NotAMemberError: as `participant_add`.
        ValidationFailedError: the message is not in this room.
    """
    member_of(room_id, caller)
    place = reads.place_of(room_id, message_id)
    if place is None:
        raise ValidationFailedError({"message_id": [NO_MESSAGE]})
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"room": room_id, "user": caller.user_id, "message": message_id, "moment": place[0]})
        moved = bool(cursor.rowcount)
    if moved:
        tell_read(room_id, caller.user_id, message_id)
