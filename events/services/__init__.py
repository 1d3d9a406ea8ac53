"""Every write to events, to who attends them, and to calendar tokens."""

from events.services.attendance import attendance_remove, attendance_set
from events.services.calendar import calendar_token_make, calendar_token_revoke
from events.services.events import event_create, event_delete, event_update
from events.services.sweep import attendance_sweep

__all__ = [
    "attendance_remove",
    "attendance_set",
    "attendance_sweep",
    "calendar_token_make",
    "calendar_token_revoke",
    "event_create",
    "event_delete",
    "event_update",
]
