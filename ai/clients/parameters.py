"""What a chat request says; and which of it a server turned out not to know, which is left out from then on."""

import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import openai
from django.conf import settings
from django.utils.crypto import salted_hmac

from ai.clients.errors import ContextTooLongError
from ai.clients.refusals import refusal, said

logger = logging.getLogger(__name__)

# What a request can do without, and what takes its place.
OPTIONAL: dict[str, str | None] = {
    "stream_options": None,
    "max_completion_tokens": "max_tokens",
    "reasoning_effort": None,
    "safety_identifier": None,
    "response_format": None,
    "tools": None,
}
# They take tools through this API only where they do not reason, which would also be paid for.
NO_REASONING = ("gpt-6", "gpt-5.6")

_unknown: defaultdict[tuple[str, str], set[str]] = defaultdict(set)


def parameters(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    *,
    max_tokens: int,
    as_json: bool,
    user: str,
) -> dict[str, Any]:
    """Return the request's parameters, without those the server is known not to take."""
    wanted: dict[str, Any] = {
        "model": model,
        "messages": list(messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": max_tokens,
    }
    if tools:
        wanted["tools"] = list(tools)
    if as_json:
        wanted["response_format"] = {"type": "json_object"}
    if user:
        wanted["safety_identifier"] = safety_identifier(user)
    if model.startswith(NO_REASONING):
        wanted["reasoning_effort"] = "none"
    for name in _unknown[settings.OPENAI_BASE_URL, model] & wanted.keys():
        value, other = wanted.pop(name), OPTIONAL[name]
        if other is not None:
            wanted[other] = value
    return wanted


def safety_identifier(user: str) -> str:
    """Return what the server may know a person by: always the same, and of no use to anybody else."""
    return salted_hmac("ai.clients.safety_identifier", user, algorithm="sha256").hexdigest()


def leave_out(error: openai.APIStatusError, sent: Mapping[str, Any]) -> bool:
    """Remember what a refusal says the server does not know; returns whether asking again makes sense."""
    if error.status_code not in {400, 422} or isinstance(refusal(error), ContextTooLongError):
        return False
    words = said(error)
    named = next((name for name in OPTIONAL if name in sent and re.search(rf"\b{name}\b", words)), None)
    if named is None:
        return False
    logger.warning("%s does not take %s, which is left out from here on", sent["model"], named)
    _unknown[settings.OPENAI_BASE_URL, sent["model"]].add(named)
    return True


def forget_unknown() -> None:
    """Take every server for one that knows all again."""
    _unknown.clear()
