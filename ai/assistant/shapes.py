"""How the assistant's rooms and answers look (docs/api.md, AI)."""

import uuid
from typing import Any, NotRequired

from accounts.assistant import assistant_id
from accounts.callers import Caller
from ai import reads
from ai.assistant.events import DoneEvent
from ai.assistant.sources import SourceShape, shapes_by_message
from chat import reads as chat_reads
from chat.columns import MESSAGE_COLUMNS
from chat.shapes import WITH_USER, MessageShape, message_shape
from lifestring import rows


class HistoryShape(MessageShape):
    """A message of a conversation with the assistant; the last two only of its answers."""

    is_assistant: bool
    sources: NotRequired[list[SourceShape]]
    actions: NotRequired[list[Any]]


def history_shapes(room_id: uuid.UUID, *, caller: Caller, base: str, limit: int) -> list[HistoryShape]:
    """Read and shape the newest messages, oldest first; sources are those that the caller may see now.

    What there is to answers costs a query, their sources another one for each kind.
    """
    found = rows.fetch(chat_reads.newest_messages, (room_id,), MESSAGE_COLUMNS, limit=limit)[::-1]
    ids = tuple(row[0] for row in found if row[2] == assistant_id())
    answers = {answer.message_id: answer for answer in reads.answers(ids)} if ids else {}
    sources = shapes_by_message(caller, {message_id: answer.sources for message_id, answer in answers.items()})
    shaped: list[HistoryShape] = []
    for row in found:
        shape: Any = {**message_shape(row, base=base, include=WITH_USER), "is_assistant": row[2] == assistant_id()}
        if shape["is_assistant"]:
            answer = answers.get(row[0])
            is_asker = answer is not None and answer.user_id == caller.user_id
            shape["sources"] = sources.get(row[0], [])
            shape["actions"] = answer.actions if answer is not None and is_asker else []
        shaped.append(shape)
    return shaped


def turn_shape(question: MessageShape, done: DoneEvent) -> dict[str, Any]:
    """Shape a whole turn."""
    return {
        "user_message": question,
        "ai_message": done["message"],
        "tokens_used": done["tokens"],
        "cost": done["cost"],
        "sources": done["sources"],
        "actions": done["actions"],
        "cancelled": done["cancelled"],
    }
