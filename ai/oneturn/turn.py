"""One turn, from what was said to what is answered; it waits for the model on the event loop."""

from functools import partial
from typing import Any, TypedDict

from django.conf import settings

from accounts.authentication import load_active_caller
from accounts.callers import Caller
from ai.asking import Answered, Asker, ask
from ai.assistant.answering import answer_to
from ai.models import Purpose
from ai.oneturn.answering import Said, proposals, understood
from ai.oneturn.looking import Shown, looked_up, nothing, referred_to
from ai.oneturn.prompting import messages_for, public_messages_for
from ai.services import Turn
from ai.tools import ProposedAction
from lifestring.threads import in_socket_thread

MAX_PUBLIC_TOKENS = 400


class OneTurn(Shown):
    """What POST /ai/lifestring-chat answers."""

    message: str
    intent: str
    confidence: float
    actions: list[ProposedAction]
    suggestions: list[str]
    tokens: int
    cost: Any


class Asked(TypedDict):
    """What was sent, validated."""

    message: str
    history: list[dict[str, str]]
    profile_data: dict[str, Any]


async def one_turn(caller: Caller, asked: Asked, *, base: str) -> OneTurn:
    """Answer one message; nothing of it is stored.

    Args:
        caller: who asks.
        asked: what they sent.
        base: scheme and host for links.

    Raises:
        DomainError: as `ai.asking.ask`; or the model said nothing, or the caller may not write any more.
    """
    message = asked["message"]
    prompt = partial(messages_for, history=asked["history"], profile_data=asked["profile_data"])
    messages = await in_socket_thread(prompt)(caller, message)
    written = "\n".join([message, *(said["content"] for said in asked["history"])])
    answered = await ask(
        messages,
        asker=Asker(caller.user_id),
        purpose=Purpose.ONE_TURN,
        max_tokens=settings.AI_MAX_ANSWER_TOKENS,
        said=written,
        author=caller.user_id,
        as_json=True,
    )
    said = understood(answered.text)

    def complete() -> tuple[list[ProposedAction], Shown]:
        # Minutes may have gone by: what the caller may do and see is asked anew.
        now = load_active_caller(caller.user_id)
        return proposals(now, said.asked), looked_up(now, said.wanted, base=base)

    actions, shown = await in_socket_thread(complete)()
    return _answer(said, actions, shown, answered)


async def turn_in_room(turn: Turn, *, base: str) -> OneTurn:
    """Answer what was said in a room with the assistant, as there.

    Args:
        turn: what was said, and stored.
        base: scheme and host for links.

    Raises:
        DomainError: the answer failed; what there was of it is stored.
    """
    done = await answer_to(turn, base=base)

    def shown() -> Shown:
        return referred_to(load_active_caller(turn.user_id), done["sources"])

    return {
        "message": done["message"]["content"] if done["message"] else "",
        "intent": "chat",
        "confidence": 0.0,
        "actions": done["actions"],
        "suggestions": [],
        **await in_socket_thread(shown)(),
        "tokens": done["tokens"],
        "cost": done["cost"],
    }


async def public_turn(message: str, address: str) -> OneTurn:
    """Answer a visitor, who is told of the network and of nobody in it.

    Args:
        message: what they say.
        address: where they come from, whose limits count.

    Raises:
        DomainError: as `one_turn`.
    """
    most = min(MAX_PUBLIC_TOKENS, settings.AI_MAX_ANSWER_TOKENS)
    answered = await ask(
        public_messages_for(message),
        asker=Asker(None, address),
        purpose=Purpose.PUBLIC,
        max_tokens=most,
        said=message,
        as_json=True,
    )
    return _answer(understood(answered.text), [], nothing(), answered)


def _answer(said: Said, actions: list[ProposedAction], shown: Shown, answered: Answered) -> OneTurn:
    return {
        "message": said.message,
        "intent": said.intent,
        "confidence": said.confidence,
        "actions": actions,
        "suggestions": said.suggestions,
        **shown,
        "tokens": answered.tokens,
        "cost": answered.cost,
    }
