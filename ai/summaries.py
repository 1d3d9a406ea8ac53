"""The draft of a string from a conversation (docs/api.md, AI)."""

import uuid
from typing import Any

from django.conf import settings

from accounts.assistant import assistant_id
from accounts.callers import Caller
from ai.asking import Asker, ask
from ai.assistant.context import instructions, tagged
from ai.clients.chat import Message
from ai.models import Purpose
from ai.oneturn.answering import NO_ANSWER
from chat import reads as chat_reads
from lifestring import rows
from lifestring.errors import DomainError, ErrorCode, ValidationFailedError
from lifestring.threads import in_socket_thread
from strings.serializers import MAX_TEXT

# Of a conversation the newest: about 6,000 tokens.
MOST_MESSAGES, MOST_BYTES = 200, 24_000
MAX_TOKENS = 400
NOTHING_SAID = "Nothing has been said in this room yet."


async def summarized(caller: Caller, room_id: uuid.UUID) -> dict[str, Any]:
    """Return a draft for the caller to change and post; nothing is stored.

    Args:
        caller: somebody in the room.
        room_id: the room.

    Raises:
        ValidationFailedError: nothing has been said there.
        DomainError: as `ai.asking.ask`, or the model said nothing.
    """
    lines = await in_socket_thread(conversation)(caller, room_id)
    if not lines:
        raise ValidationFailedError({"room_id": [NOTHING_SAID]})
    said = tagged("conversation", *lines)
    messages: list[Message] = [
        {"role": "system", "content": instructions("draft")},
        {"role": "user", "content": said},
    ]
    most = min(MAX_TOKENS, settings.AI_MAX_ANSWER_TOKENS)
    asker = Asker(caller.user_id, room_id=room_id)
    answered = await ask(messages, asker=asker, purpose=Purpose.SUMMARY, max_tokens=most, said=said)
    draft = answered.text.replace("\x00", "").strip()[:MAX_TEXT]
    if not draft:
        raise DomainError(NO_ANSWER, code=ErrorCode.AI_FAILED, status=502)
    return {"string_suggestion": draft, "room_id": room_id}


def conversation(caller: Caller, room_id: uuid.UUID) -> list[dict[str, str]]:
    """Return the newest messages of a room with who said them, the oldest first; nobody in it is named."""
    newest = rows.fetch(chat_reads.newest_messages, (room_id,), ("user_id", "content"), limit=MOST_MESSAGES)
    kept: list[tuple[uuid.UUID, str]] = []
    size = 0
    for user_id, content in newest:
        size += len(content.encode())
        if size > MOST_BYTES and kept:
            break
        kept.append((user_id, content))
    names = {caller.user_id: "me", assistant_id(): "the assistant"}
    known, lines = len(names), list[dict[str, str]]()
    for user_id, content in reversed(kept):
        who = names.setdefault(user_id, f"person {len(names) - known + 1}")
        lines.append({"who": who, "said": content})
    return lines
