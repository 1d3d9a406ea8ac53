"""What a model is told before it answers (docs/decisions/022-assistant.md).

What is always the same comes first and what was found for this question last, so that servers can reuse what they have
read before. What people wrote is data: it is JSON between tags, and cannot close them.
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from accounts.assistant import assistant_id
from accounts.callers import Caller
from ai import reads
from ai.assistant.retrieval import retrieved
from ai.assistant.sources import Source
from ai.assistant.things import things
from ai.clients.chat import Message
from ai.prices import tokens_in
from ai.sentences import person_text
from ai.services import Turn
from chat import reads as chat_reads
from chat.columns import MESSAGE_COLUMNS
from lifestring import rows
from lifestring.expressions import TextKey
from lifestring.rendering import dumps

# What of the conversation is sent along, the newest first to be kept.
HISTORY_TOKENS = 4_000
SHORT_HISTORY_TOKENS = 500
MAX_MESSAGES = 40
PROFILE_CHARACTERS = 2_000
_PROFILE = (TextKey("contact_info", "name"), "attributes", "biography")


class Prompt(NamedTuple):
    """What is sent to a model.

    Args:
        messages: in the API's shape.
        sources: what of the network is in them.
    """

    messages: list[Message]
    sources: list[Source]


@cache
def instructions(name: str) -> str:
    """Return a prompt of the folder `prompts`."""
    return (Path(__file__).parent / "prompts" / f"{name}.md").read_text(encoding="utf-8").strip()


def prompt_for(turn: Turn, caller: Caller, *, has_context: bool, is_short: bool = False) -> Prompt:
    """Make the prompt for a question.

    Args:
        turn: what was asked, and where.
        caller: who asked, read anew: nothing they may not see now is in it.
        has_context: whether profile and network are drawn on.
        is_short: with little of the conversation, for a model that takes no more, and nothing that was found.
    """
    question = turn.question.row[3]
    told: list[str] = []
    sources: list[Source] = []
    if has_context and not is_short:
        about, (passages, sources) = _about(caller), _found(caller, question)
        told = [tagged("about_the_person", about), *([tagged("retrieved", *passages)] if passages else [])]
    data: list[Message] = [{"role": "user", "content": "\n".join([instructions("data"), *told])}] if told else []
    history = _history(turn, SHORT_HISTORY_TOKENS if is_short else HISTORY_TOKENS)
    first: Message = {"role": "system", "content": instructions("system")}
    return Prompt([first, *history, *data, {"role": "user", "content": question}], sources)


def _history(turn: Turn, budget: int) -> list[Message]:
    """What was said before the question, oldest first, as far back as the budget goes."""
    _, room_id, _, _, at, *_ = turn.question.row
    before = (room_id, at, turn.question_id)
    kept: list[Message] = []
    for row in rows.fetch(chat_reads.messages_before, before, MESSAGE_COLUMNS, limit=MAX_MESSAGES):
        content = row[3] if row[2] in {turn.user_id, assistant_id()} else f"{row[7] or 'Somebody'}: {row[3]}"
        budget -= tokens_in(content)
        if budget < 0:
            break
        kept.append({"role": "assistant" if row[2] == assistant_id() else "user", "content": content})
    return kept[::-1]


def _about(caller: Caller) -> dict[str, Any]:
    """What the asker tells everybody of themself; contact data and `meta` never."""
    for name, attributes, biography in rows.fetch(reads.profile, (caller.user_id,), _PROFILE):
        return {"name": name, "about": person_text(attributes, biography)[:PROFILE_CHARACTERS]}
    return {}


def _found(caller: Caller, question: str) -> tuple[list[dict[str, Any]], list[Source]]:
    refs = retrieved(caller, question)
    found = things(caller, refs)
    there = [(ref, found[ref]) for ref in refs if ref in found]
    passages = [{"type": ref[0], "id": ref[1], **thing.passage} for ref, thing in there]
    return passages, [Source(*ref, thing.title) for ref, thing in there]


def tagged(name: str, *values: dict[str, Any]) -> str:
    """Return JSON between tags, a line each; written so that no text in it looks like a tag."""
    lines = [dumps(value).decode().replace("<", "\\u003c") for value in values]
    return "\n".join([f"<{name}>", *lines, f"</{name}>"])
