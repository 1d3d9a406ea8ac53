"""Making, changing and deleting rooms."""

import uuid
from typing import Any

from django.db.models.functions import Now

from accounts.callers import Caller
from accounts.models import UserConnection, UserProfile
from chat import reads
from chat.access import member_of
from chat.broadcasts import tell_room_added, tell_room_deleted, tell_room_updated
from chat.columns import ROOM_COLUMNS
from chat.leave import with_own_leave
from chat.models import LogKind, Room, RoomParticipant
from chat.services.log import RoomTurn
from lifestring import rows
from lifestring.db import service
from lifestring.errors import FieldErrors, ValidationFailedError

UNKNOWN_PERSON = "There is no such person."
CANNOT_MEET = "This person cannot be in a room with the others."


@service
def room_create(*, caller: Caller, room_id: uuid.UUID, values: dict[str, Any]) -> None:
    """Make a room with the caller and others in it; a second call with the same id makes nothing.

    Its log begins empty: who is in it at the start is part of the room and no event in it.

    Args:
        caller: is always in it.
        room_id: the new row's id.
        values: validated fields of `RoomCreateSerializer`.

    Raises:
        ValidationFailedError: somebody does not exist, or a block stands between two of them; it does not say whose. Or
            its metadata lets the assistant act for others (chat/leave.py).
    """
    RoomTurn.take(room_id)
    if Room.objects.filter(id=room_id).exists():
        return
    others: list[uuid.UUID] = values["participant_ids"]
    _check_people(caller, others)
    metadata = with_own_leave(caller, room_id, values.get("metadata")) or {}
    Room.objects.create(id=room_id, name=values.get("name"), metadata=metadata, created_at=Now(), updated_at=Now())
    members = list(dict.fromkeys([caller.user_id, *others]))
    RoomParticipant.objects.bulk_create(RoomParticipant(room_id=room_id, user_id=user_id) for user_id in members)
    tell_room_added(rows.fetch(reads.room, (room_id, caller), ROOM_COLUMNS)[0], members)


@service
def room_update(*, caller: Caller, room_id: uuid.UUID, values: dict[str, Any]) -> int:
    """Change the given fields; returns how far the room's log has come with it.

    Raises:
        NotFoundError: there is no such room.
        NotAMemberError: the caller is not in it.
        ValidationFailedError: its metadata lets the assistant act for others (chat/leave.py).
    """
    turn = RoomTurn.take(room_id)
    member = member_of(room_id, caller)
    if not values:
        return member.seq
    if "metadata" in values:
        values = {**values, "metadata": with_own_leave(caller, room_id, values["metadata"])}
    log = turn.append(LogKind.ROOM_UPDATED, None, by=caller.user_id)
    Room.objects.filter(id=room_id).update(**values, updated_at=log.at)
    tell_room_updated(log, rows.fetch(reads.room, (room_id, caller), ROOM_COLUMNS)[0])
    return log.seq


@service
def room_delete(*, caller: Caller, room_id: uuid.UUID) -> None:
    """Delete a room with all that was said in it.

    Raises:
        NotFoundError, NotAMemberError: as `room_update`.
    """
    turn = RoomTurn.take(room_id)
    member_of(room_id, caller)
    members = list(reads.participants(room_id).values_list("user_id", flat=True))
    turn.end()
    tell_room_deleted(room_id, members)


def _check_people(caller: Caller, others: list[uuid.UUID]) -> None:
    place = {user_id: others.index(user_id) for user_id in others}
    there = set(UserProfile.objects.filter(user_id__in=place).values_list("user_id", flat=True))
    errors: FieldErrors = {f"participant_ids.{n}": [UNKNOWN_PERSON] for who, n in place.items() if who not in there}
    everybody = {caller.user_id, *place}
    blocks = UserConnection.objects.blocks_between(everybody, everybody)
    for pair in blocks.values_list("requester_id", "receiver_id"):
        # The caller has no place in the list, and comes before everybody in it.
        last = max(place.get(who, -1) for who in pair if who != caller.user_id)
        errors[f"participant_ids.{last}"] = [CANNOT_MEET]
    if errors:
        raise ValidationFailedError(dict(sorted(errors.items())))
