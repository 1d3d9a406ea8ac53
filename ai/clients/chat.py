"""The way to the model that answers: messages in, its answer out as it comes, or one of the errors of ai/clients/errors.py.

A server is asked once by each model: first `CHAT_MODEL`, and where that fails before it has said anything,
`CHAT_FALLBACK_MODEL`. Closing the generator, or cancelling who waits for it, closes the connection at once.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, NamedTuple, cast

import httpx2
import openai
from django.conf import settings
from openai import AsyncAPIResponse

from ai.clients import streams
from ai.clients.connections import client
from ai.clients.errors import BadAnswerError, InputRefusedError, ModelError, ModelUnavailableError
from ai.clients.parameters import leave_out, parameters
from ai.clients.refusals import refusal
from ai.clients.usage import Usage
from ai.clients.watching import watched
from ai.prices import tokens_in
from lifestring.rendering import dumps

__all__ = [
    "Finished",
    "Message",
    "Started",
    "Token",
    "ToolCall",
    "Usage",
    "complete_chat",
    "configured_models",
    "estimate_usage",
    "stream_chat",
]

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
# From the request to the last byte, by whichever model.
DEADLINE_SECONDS = 120.0

Message = dict[str, Any]
# These end without a text when nothing was written; otherwise that is no answer.
MAY_BE_EMPTY = {"tool_calls", "content_filter", "refusal", "length"}


class Started(NamedTuple):
    """The model that answers; comes first, with the first that is known of its answer."""

    model: str


class Token(NamedTuple):
    """A piece of the text."""

    text: str


class ToolCall(NamedTuple):
    """A tool the model wants used; `arguments` is JSON as the model wrote it, unchecked."""

    id: str
    name: str
    arguments: str


class Finished(NamedTuple):
    """The whole answer; comes last.

    `finish_reason` is `stop`, `length` (it was cut at `max_tokens`), `tool_calls`, `content_filter` (the server stopped
    it) or `refusal` (the text is the model's apology).
    """

    model: str
    text: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str
    usage: Usage


Event = Started | Token | Finished


async def stream_chat(
    messages: Sequence[Message],
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    max_tokens: int,
    as_json: bool = False,
    user: str = "",
    models: Sequence[str] = (),
) -> AsyncGenerator[Event]:
    """Yield the answer as it comes: `Started`, `Token`s, `Finished`.

    Args:
        messages: the conversation, in the API's shape.
        tools: what may be used, in the API's shape.
        max_tokens: how long the answer may get.
        as_json: have it be a JSON object.
        user: the id of who asks; the server gets a hash of it, to tell abuse by.
        models: who is asked, one after the other; the configured ones where there are none.

    Raises:
        ModelError: one of its kinds; `used` says what the call cost all the same.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    models = models or configured_models()
    for model in models:
        wanted = {"tools": tools, "max_tokens": max_tokens, "as_json": as_json, "user": user}
        has_begun = False
        try:
            async with aclosing(_answer(model, messages, wanted, deadline)) as answer:
                async for event in answer:
                    has_begun = True
                    yield event
            return
        except InputRefusedError:
            raise
        except ModelError as error:
            if has_begun or error.used or model == models[-1]:
                raise
            logger.warning("%s fails, %s is asked instead: %s", model, models[-1], error)


async def complete_chat(
    messages: Sequence[Message],
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    max_tokens: int,
    as_json: bool = False,
    user: str = "",
    models: Sequence[str] = (),
) -> Finished:
    """Return the whole answer; arguments and errors are those of `stream_chat`."""
    asked = stream_chat(messages, tools=tools, max_tokens=max_tokens, as_json=as_json, user=user, models=models)
    async with aclosing(asked) as events:
        *_, last = [event async for event in events]
    return cast(Finished, last)


def configured_models() -> list[str]:
    """Return the models that may answer, the one that is asked first at the front."""
    return list(dict.fromkeys(model for model in (settings.CHAT_MODEL, settings.CHAT_FALLBACK_MODEL) if model))


def estimate_usage(messages: Sequence[Mapping[str, Any]], text: str, tools: Sequence[Mapping[str, Any]] = ()) -> Usage:
    """Return about what a call took that nobody counted: by what was sent, and by what came."""
    return Usage(tokens_in(dumps([*messages, *tools]).decode()), 0, tokens_in(text), is_estimate=True)


async def _answer(
    model: str, messages: Sequence[Message], wanted: dict[str, Any], deadline: float
) -> AsyncGenerator[Event]:
    """One model's answer."""
    answer = streams.Answer()
    has_started = False
    with watched("chat", model) as call:
        async with AsyncExitStack() as stack:
            response = await _open(stack, model, messages, wanted, deadline)
            try:
                events = streams.events(response, deadline=deadline, max_tokens=wanted["max_tokens"])
                async with aclosing(events):
                    async for event in events:
                        text = answer.take(event)
                        if answer.has_begun and not has_started:
                            has_started = True
                            yield Started(model)
                        if text:
                            yield Token(text)
                finished = _finished(model, answer, estimate_usage(messages, answer.text, wanted["tools"]))
                call.usage = finished.usage
            except BaseException as error:
                if answer.usage or answer.has_begun:
                    call.usage = answer.usage or estimate_usage(messages, answer.text, wanted["tools"])
                    if isinstance(error, ModelError):
                        error.used = (model, call.usage)
                raise
    if not has_started:
        yield Started(model)
    yield finished


def _finished(model: str, answer: streams.Answer, estimate: Usage) -> Finished:
    reason = answer.reason
    if not reason:
        if not answer.has_begun:
            raise BadAnswerError("The model's server sent what is no answer.")
        raise ModelUnavailableError("The model's answer broke off.")
    if not answer.has_begun and reason not in MAY_BE_EMPTY:
        raise BadAnswerError("The model answered nothing.")
    calls = tuple(
        ToolCall(call["id"] or f"call_{index}", call["name"], call["arguments"])
        for index, call in sorted(answer.calls.items())
    )
    return Finished(model, answer.text, calls, reason, answer.usage or estimate)


async def _open(
    stack: AsyncExitStack, model: str, messages: Sequence[Message], wanted: dict[str, Any], deadline: float
) -> AsyncAPIResponse[Any]:
    """Ask, and again without what the server turns out not to know; `stack` closes the answer."""
    asked = (await client()).chat.completions.with_streaming_response
    while True:
        sent = parameters(model, messages, **wanted)
        timeout = httpx2.Timeout(streams.SILENCE_SECONDS, connect=CONNECT_SECONDS)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await stack.enter_async_context(asked.create(**sent, timeout=timeout))
        except openai.APIStatusError as error:
            # Each time it is something else that is left out, so this ends.
            if not leave_out(error, sent):
                raise refusal(error) from error
        except (openai.OpenAIError, httpx2.HTTPError, TimeoutError) as error:
            raise ModelUnavailableError(f"The model's server does not answer: {type(error).__name__}.") from error
