"""What an export holds of events (docs/api.md, People)."""

import uuid

from django.db.models import QuerySet

from accounts.exporting import Part, after, table
from events.models import Event


def _events(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Event]:
    return after(Event.objects.filter(user_id=user_id), "id", last)


EXPORTS = (
    Part(
        "events",
        "The events one organises.",
        table(
            _events,
            *("id", "title", "description", "start_time", "end_time", "location"),
            *("meta_data", "custom_fields", "created_at"),
            json=("meta_data", "custom_fields"),
        ),
    ),
)
