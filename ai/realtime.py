"""What is pushed about recommendations, and the frames of the assistant (docs/live.md).

The former goes to the person's own group (accounts/realtime.py), the latter to the socket that asked.
"""

import uuid
from typing import Any, Literal, NotRequired, TypedDict

# Not by its name: what has a type here is taken for a frame.
from ai.assistant import sources as shown


class RecommendationReadyFrame(TypedDict):
    """Recommendations were made anew: so many people were found."""

    type: Literal["recommendation.ready"]
    count: int


def recommendation_ready(count: int) -> RecommendationReadyFrame:
    """Return the frame."""
    return RecommendationReadyFrame(type="recommendation.ready", count=count)


class AiSendFrame(TypedDict):
    """Says something in a room with the assistant, which answers; with an `id` of the client's own it may be repeated."""

    type: Literal["ai.send"]
    room_id: uuid.UUID
    content: str
    id: NotRequired[uuid.UUID | None]
    ref: NotRequired[str | None]


class AiCancelFrame(TypedDict):
    """Ends the answer under way in a room; what there is of it stays as the message."""

    type: Literal["ai.cancel"]
    room_id: uuid.UUID
    ref: NotRequired[str | None]


class AiTokenFrame(TypedDict):
    """To the socket that asked: a piece of the answer."""

    type: Literal["ai.token"]
    room_id: uuid.UUID
    content: str


class AiToolFrame(TypedDict):
    """To the socket that asked: the assistant used a tool; `result` is what it was told."""

    type: Literal["ai.tool"]
    room_id: uuid.UUID
    name: str
    result: dict[str, Any]


class AiDoneFrame(TypedDict):
    """To the socket that asked: the answer is stored as this message; null where it was cancelled before anything came."""

    type: Literal["ai.done"]
    room_id: uuid.UUID
    message_id: uuid.UUID | None
    tokens: int
    cost: float
    sources: list[shown.SourceShape]
    actions: list[Any]
    cancelled: bool
