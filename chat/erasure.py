"""What erasing an account means for rooms and messages (docs/api.md, People)."""

import uuid

from django.db import connection

from chat.broadcasts import tell_participant_removed, tell_room_deleted
from chat.models import LogKind, Message, ReadMark, RoomParticipant
from chat.services.log import RoomTurn

# Where they are, and where they left a trace before they went.
_ROOMS = """
SELECT room_id FROM public.room_participants WHERE user_id = %(user)s
 UNION SELECT room_id FROM public.messages WHERE user_id = %(user)s
 UNION SELECT room_id FROM django.chat_roomlogentry WHERE user_id = %(user)s OR subject_id = %(user)s
"""
# Who did what is forgotten; that it happened stays, or the log would have holes.
_FORGET = """
UPDATE django.chat_roomlogentry
   SET user_id = nullif(user_id, %(user)s), subject_id = nullif(subject_id, %(user)s)
 WHERE room_id = ANY(%(rooms)s) AND (user_id = %(user)s OR subject_id = %(user)s)
"""
_FORGET_LEAVE = """
UPDATE public.rooms
   SET metadata = jsonb_set(metadata, '{assistant,may_act}', (metadata #> '{assistant,may_act}') - %(user)s::text)
 WHERE id = ANY(%(rooms)s) AND metadata #> '{assistant,may_act}' @> to_jsonb(ARRAY[%(user)s::text])
"""


def erase_rooms(user_id: uuid.UUID) -> None:
    """Delete a person's messages and memberships, and the rooms that leaves without anybody but the assistant.

    The log of each room tells of it without naming them. Clients hear of the last entry only, and fetch the others.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ROOMS, {"user": user_id})
        turns = RoomTurn.take_all(row[0] for row in cursor.fetchall())
    for turn in turns:
        _leave(turn, user_id)
    ReadMark.objects.filter(user_id=user_id).delete()
    with connection.cursor() as cursor:
        for statement in (_FORGET, _FORGET_LEAVE):
            cursor.execute(statement, {"user": user_id, "rooms": [turn.room_id for turn in turns]})


def _leave(turn: RoomTurn, user_id: uuid.UUID) -> None:
    places = RoomParticipant.objects.of_room(turn.room_id)
    was_in = bool(places.filter(user_id=user_id).delete()[0])
    if was_in and not places.people().exists():
        turn.end()
        tell_room_deleted(turn.room_id, [user_id])
        return
    own = Message.objects.in_room(turn.room_id).filter(user_id=user_id)
    message_ids = list(own.order_by("created_at", "id").values_list("id", flat=True))
    if message_ids:
        own.delete()
        turn.append_all(LogKind.MESSAGE_DELETED, message_ids, by=None)
    if was_in:
        tell_participant_removed(turn.append(LogKind.PARTICIPANT_REMOVED, None, by=None), user_id)
