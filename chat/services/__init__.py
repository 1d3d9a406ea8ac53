"""Every write to rooms, who is in them and what is said there."""

from chat.services.messages import Written, message_delete, message_send, message_update

__all__ = ["Written", "message_delete", "message_send", "message_update"]
