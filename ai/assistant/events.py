"""What happens in a turn, as Server-Sent Events carry it; sockets say the same in frames (ai/realtime.py)."""

import uuid
from decimal import Decimal
from typing import Any, Literal, TypedDict

from ai.assistant.sources import SourceShape
from chat.shapes import MessageShape


class StartEvent(TypedDict):
    """The question is stored, and the answer begins."""

    type: Literal["start"]
    user_message: MessageShape


class TokenEvent(TypedDict):
    """A piece of the answer."""

    type: Literal["token"]
    content: str


class ToolEvent(TypedDict):
    """A tool was used; `result` is what the model is told."""

    type: Literal["tool"]
    name: str
    result: dict[str, Any]


class DoneEvent(TypedDict):
    """The answer is stored; message and id are null where it was cancelled before anything came."""

    type: Literal["done"]
    message_id: uuid.UUID | None
    message: MessageShape | None
    tokens: int
    cost: Decimal
    sources: list[SourceShape]
    actions: list[Any]
    cancelled: bool


TurnEvent = StartEvent | TokenEvent | ToolEvent | DoneEvent
