"""What erasing an account means for events (docs/api.md, People)."""

import uuid

from events.models import Event


def erase_events(user_id: uuid.UUID) -> None:
    """Delete the events a person organises."""
    Event.objects.filter(user_id=user_id).delete()
