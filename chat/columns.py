"""Which columns make a room, a participant and a message, in the order that chat/shapes.py expects."""

from accounts.shapes import AUTHOR_COLUMNS
from lifestring.expressions import TextKey

ROOM_COLUMNS = ("id", "name", "metadata", "created_at", "updated_at", "unread_count")
PARTICIPANT_COLUMNS = ("room_id", "user_id", "user__id", TextKey("user__contact_info", "name"),
                       "user__is_admin", "user__is_mod")  # fmt: skip
MESSAGE_COLUMNS = ("id", "room_id", "user_id", "content", "created_at", "updated_at", *AUTHOR_COLUMNS)
COUNT_COLUMNS = ("room_id", "count")
