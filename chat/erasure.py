"""What erasing an account means for rooms and messages (docs/api.md, People)."""

import uuid

from django.db import connection

from chat.models import Message, RoomParticipant

# Rooms are locked first, in id order as everywhere, so that nobody comes or goes while it is seen whether they are empty.
_LOCK = """
SELECT r.id FROM public.rooms r JOIN public.room_participants p ON p.room_id = r.id
 WHERE p.user_id = %(user)s ORDER BY r.id FOR NO KEY UPDATE OF r
"""
_DELETE_EMPTIED = """
DELETE FROM public.rooms r
 WHERE r.id = ANY(%(rooms)s)
   AND NOT EXISTS (SELECT FROM public.room_participants p WHERE p.room_id = r.id AND p.user_id <> %(user)s)
"""


def erase_rooms(user_id: uuid.UUID) -> None:
    """Delete a person's messages and memberships, and the rooms that leaves without anybody."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"user": user_id})
        rooms = [row[0] for row in cursor.fetchall()]
        cursor.execute(_DELETE_EMPTIED, {"rooms": rooms, "user": user_id})
    Message.objects.filter(user_id=user_id).delete()
    RoomParticipant.objects.filter(user_id=user_id).delete()
