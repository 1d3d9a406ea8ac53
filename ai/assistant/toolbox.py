"""The tools a turn may use, and what the model is told of them (docs/decisions/022-assistant.md)."""

import uuid
from typing import Any

from accounts.callers import Caller
from ai.clients.chat import ToolCall
from ai.tools import ToolOutcome, run_tool, tool_definitions
from lifestring.rendering import dumps

__all__ = ["MOST_AT_ONCE", "ToolOutcome", "definitions", "run", "too_many", "written"]

# Of the calls in one answer so many are done; a model may ask for hundreds.
MOST_AT_ONCE = 8
MAX_RESULT = 16_000


def definitions() -> list[dict[str, Any]]:
    """Return the tools, as the model is told of them."""
    return tool_definitions()


def run(caller: Caller, call: ToolCall, *, room_id: uuid.UUID, answer_id: uuid.UUID) -> ToolOutcome:
    """Do what a model asks for, as the caller."""
    return run_tool(caller, call, room_id=room_id, answer_id=answer_id)


def too_many() -> ToolOutcome:
    """Return what a model is told of calls beyond `MOST_AT_ONCE`."""
    return ToolOutcome({"error": f"At most {MOST_AT_ONCE} calls at once are done; ask again."}, [], [])


def written(result: dict[str, Any]) -> str:
    """Return a result as the model reads it."""
    return dumps(result).decode()[:MAX_RESULT]
