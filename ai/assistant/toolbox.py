"""The tools a turn may use, and what the model is told of them (docs/decisions/022-assistant.md)."""

import uuid
from typing import Any, NamedTuple

from accounts.callers import Caller
from ai.assistant.sources import Source
from ai.clients.chat import ToolCall
from lifestring.rendering import dumps

# Of the calls in one answer so many are done; a model may ask for hundreds.
MOST_AT_ONCE = 8
MAX_RESULT = 16_000


class ToolOutcome(NamedTuple):
    """What became of a call."""

    result: dict[str, Any]
    sources: list[Source]
    actions: list[Any]


def definitions() -> list[dict[str, Any]]:
    """Return the tools, as the model is told of them."""
    return []


def run(caller: Caller, call: ToolCall, *, room_id: uuid.UUID, answer_id: uuid.UUID) -> ToolOutcome:
    """Do what a model asks for, as the caller."""
    return ToolOutcome({"error": "There is no such tool."}, [], [])


def too_many() -> ToolOutcome:
    """Return what a model is told of calls beyond `MOST_AT_ONCE`."""
    return ToolOutcome({"error": f"At most {MOST_AT_ONCE} calls at once are done; ask again."}, [], [])


def written(result: dict[str, Any]) -> str:
    """Return a result as the model reads it."""
    return dumps(result).decode()[:MAX_RESULT]
