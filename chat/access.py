"""Whether a room is the caller's: 404 where there is none, 403 `not_a_member` for everybody who is not in it."""

import uuid
from typing import Any, NamedTuple

from django.db import connection
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import BaseSerializer

from accounts.callers import Caller
from lifestring.errors import ErrorCode, ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.rows import Row
from lifestring.views import validated

_MEMBER = """
SELECT m.user_id IS NOT NULL, coalesce(l.seq, 0), p.id, p.contact_info ->> 'name', p.is_admin, p.is_mod
  FROM public.rooms r
  LEFT JOIN public.room_participants m ON m.room_id = r.id AND m.user_id = %(user)s
  LEFT JOIN public.user_profiles p ON p.user_id = m.user_id
  LEFT JOIN django.chat_roomposition l ON l.room_id = r.id
 WHERE r.id = %(room)s
"""


class NotAMemberError(ForbiddenError):
    """The room is there, and the caller is not in it; admins and moderators are no exception."""

    code, message = ErrorCode.NOT_A_MEMBER, "You are not in this room."


class Member(NamedTuple):
    """A room as one of its members finds it.

    Args:
        seq: how far its log has come.
        author: what `author_shape` takes of the member's profile.
    """

    seq: int
    author: Row


def member_of(room_id: uuid.UUID, caller: Caller) -> Member:
    """Return what the caller is to a room; services ask again once they have its turn.

    Raises:
        NotFoundError: there is no such room.
        NotAMemberError: the caller is not in it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MEMBER, {"room": room_id, "user": caller.user_id})
        row = cursor.fetchone()
    if row is None:
        raise NotFoundError
    if not row[0]:
        raise NotAMemberError
    return Member(row[1], row[2:])


def validated_of_member(room_id: uuid.UUID, caller: Caller, serializer: BaseSerializer[Any]) -> Any:
    """Return the serializer's validated data; strangers hear that the room is not theirs before what is wrong with it.

    Raises:
        NotFoundError, NotAMemberError: as `member_of`, where the body breaks a rule.
        ValidationFailedError: the body breaks a rule, and the caller is in the room.
    """
    try:
        return validated(serializer)
    except (ValidationError, ValidationFailedError):
        member_of(room_id, caller)
        raise
