"""Every write to rooms, who is in them and what is said there."""

from chat.services.messages import Written, message_delete, message_send, message_update
from chat.services.participants import Removal, participant_add, participant_remove, read_mark_set
from chat.services.rooms import room_create, room_delete, room_update
from chat.services.staff_reading import room_read_for_staff
from chat.services.sweep import room_log_sweep, room_log_trim, room_orphans_sweep

__all__ = [
    "Removal",
    "Written",
    "message_delete",
    "message_send",
    "message_update",
    "participant_add",
    "participant_remove",
    "read_mark_set",
    "room_create",
    "room_delete",
    "room_log_sweep",
    "room_log_trim",
    "room_orphans_sweep",
    "room_read_for_staff",
    "room_update",
]
