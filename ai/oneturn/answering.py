"""What a model answered in one turn, as far as it can be believed: every part of it is checked, or left out."""

import json
import math
import re
import uuid
from typing import Any, NamedTuple

from accounts.callers import Caller
from ai.tools import ACTIONS, ProposedAction, propose
from ai.tools.schemas import offered
from ai.tools.serializers import MAX_QUERY
from lifestring.errors import DomainError, ErrorCode, ValidationFailedError
from lifestring.parsing import strict_json
from lifestring.text import unstorable

INTENTS = ("chat", "create_string", "create_join", "create_event", "join_event", "find_people", "find_strings",
           "find_events", "find_groups", "connect", "update_profile", "help")  # fmt: skip
KINDS = ("people", "joins", "group_chats")
MAX_MESSAGE = 10_000
MAX_ACTIONS = 3
MAX_SUGGESTIONS, MAX_SUGGESTION = 4, 200
NO_ANSWER = "The model gave no usable answer; try again."

_FENCE = re.compile(r"\A```\w*\s*(.*?)\s*```\Z", re.DOTALL)
_MESSAGE = re.compile(r'"message"\s*:\s*(?=")')
_NEVER_STORED = re.compile("[\x00\ud800-\udfff]")


class Said(NamedTuple):
    """An answer.

    Args:
        message: for the person.
        intent: one of `INTENTS`.
        confidence: how sure the model is of it, 0 to 1.
        suggestions: what the person might say next.
        asked: actions as the model named them, unchecked.
        wanted: words to look for, by `KINDS`.
    """

    message: str
    intent: str
    confidence: float
    suggestions: list[str]
    asked: list[Any]
    wanted: dict[str, str]


def understood(text: str) -> Said:
    """Read a model's answer; one that is no JSON is taken for what it says, and of broken JSON the message counts.

    Raises:
        DomainError: it says nothing (502 `ai_failed`).
    """
    given = _object(text)
    message = _text(given.get("message"), MAX_MESSAGE)
    if not message:
        raise DomainError(NO_ANSWER, code=ErrorCode.AI_FAILED, status=502)
    suggestions = [said for item in _list(given.get("suggestions")) if (said := _text(item, MAX_SUGGESTION))]
    search = given.get("search")
    wanted = {kind: _text(search.get(kind), MAX_QUERY) for kind in KINDS} if isinstance(search, dict) else {}
    intent = given.get("intent")
    return Said(
        message=message,
        intent=intent if isinstance(intent, str) and intent in INTENTS else "chat",
        confidence=_share(given.get("confidence")),
        suggestions=list(dict.fromkeys(suggestions))[:MAX_SUGGESTIONS],
        asked=_list(given.get("actions"))[:MAX_ACTIONS],
        wanted={kind: words for kind, words in wanted.items() if words},
    )


def proposals(caller: Caller, asked: list[Any]) -> list[ProposedAction]:
    """Return the actions a model named that the caller could do, for them to confirm; the others are left out."""
    answer_id = uuid.uuid4()
    found = [proposed for one in asked if (proposed := _proposal(caller, one, answer_id)) is not None]
    return list({one["idempotency_key"]: one for one in found}.values())


def _proposal(caller: Caller, asked: Any, answer_id: uuid.UUID) -> ProposedAction | None:
    name = asked.get("action_type") if isinstance(asked, dict) else None
    action = ACTIONS.get(name) if isinstance(name, str) else None
    data = asked.get("action_data") if action else None
    if action is None or not isinstance(data, dict):
        return None
    try:
        return propose(caller, action, offered(data, action.offer), answer_id)
    except DomainError:
        return None


def _object(text: str) -> dict[str, Any]:
    plain = text.strip()
    if fenced := _FENCE.match(plain):
        plain = fenced[1]
    try:
        given = strict_json(plain.encode("utf-8", "replace"))
    except (ValueError, ValidationFailedError):
        given = None
    if isinstance(given, dict):
        return given
    return _beginning(plain) if plain.startswith("{") else {"message": text}


def _beginning(text: str) -> dict[str, Any]:
    """What is whole of JSON that broke off, as where an answer got too long: what it says, or nothing."""
    if begun := _MESSAGE.search(text):
        try:
            said, _ = json.JSONDecoder().raw_decode(text[begun.end() :])
        except ValueError:
            return {}
        return {"message": said}
    return {}


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str):
        return ""
    clean = _NEVER_STORED.sub("", value) if unstorable(value) else value
    return clean.strip()[:most]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return round(min(1.0, max(0.0, float(value))), 3)
