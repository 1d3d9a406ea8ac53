"""What events push to people's sockets (docs/live.md, Server to client)."""

import uuid
from datetime import datetime
from typing import Literal, TypedDict


class EventPromotedFrame(TypedDict):
    """Somebody who waited for a place has one: they are going."""

    type: Literal["event.promoted"]
    event_id: uuid.UUID
    title: str
    start_time: datetime


def promoted_frame(event_id: uuid.UUID, title: str, start_time: datetime) -> EventPromotedFrame:
    """Return the frame for whoever moved up."""
    return EventPromotedFrame(type="event.promoted", event_id=event_id, title=title, start_time=start_time)
