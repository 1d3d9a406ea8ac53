"""The prompt of one turn: what the model is told to be, what it may know, and what it is asked.

What people wrote stands as JSON between tags that nothing inside can close, and never among the instructions.
"""

import json
from typing import Any

from django.utils import timezone

from accounts.callers import Caller
from ai.assistant.context import instructions, tagged
from ai.assistant.retrieval import retrieved
from ai.clients.chat import Message
from ai.sentences import person_text
from ai.tools import ACTIONS, tool_definitions
from ai.tools.finding import passages
from lifestring.rendering import dumps

MAX_TOLD = 2_000


def messages_for(
    caller: Caller, message: str, *, history: list[dict[str, str]], profile_data: dict[str, Any]
) -> list[Message]:
    """Return the prompt for one message of somebody's.

    Args:
        caller: who asks; what is in it is what they may see now.
        message: what they say.
        history: what was said before, as their client has it.
        profile_data: what they have told the client of themselves and not yet stored.
    """
    own, _ = passages(caller, [("user", caller.user_id)])
    known: list[Any] = [{"now": timezone.now()}, *({"you_speak_to": one} for one in own)]
    if told := _told(profile_data):
        known.append({"they_say_of_themselves": told})
    found, _ = passages(caller, retrieved(caller, message))
    return [
        {"role": "system", "content": f"{instructions('single_question')}\n\n{_known_actions()}"},
        *({"role": said["role"], "content": said["content"]} for said in history),
        {"role": "user", "content": "\n".join([instructions("data"), tagged("retrieved", *known, *found)])},
        {"role": "user", "content": message},
    ]


def public_messages_for(message: str) -> list[Message]:
    """Return the prompt for a visitor's message: nothing but what everybody may know of the network itself."""
    return [{"role": "system", "content": instructions("visitor")}, {"role": "user", "content": message}]


def _told(profile_data: dict[str, Any]) -> str:
    """What is about the person in a profile that is being filled in, whether flat or as it is stored."""
    flat = dumps(profile_data).decode()
    parts = [dumps(profile_data.get(name)).decode() for name in ("attributes", "biography")]
    return "\n".join(filter(None, (person_text(flat, flat), person_text(*parts))))[:MAX_TOLD]


def _known_actions() -> str:
    tools = [tool["function"] for tool in tool_definitions() if ACTIONS[tool["function"]["name"]].writes]
    return "\n".join(json.dumps(tool) for tool in tools)
