"""Chat completions and moderations of the stand-in for OpenAI (lifestring/testing/openai_server.py).

Answers follow from the prompt and are always the same, unless a test has scripted them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lifestring.testing.openai_prompts import Prompt, complaint
from lifestring.testing.openai_wire import Cut, Pause, Reply, Stream, event, failure

if TYPE_CHECKING:
    from lifestring.testing.openai_server import ModelServer

FOREVER = 3600.0
ARGUMENT_PIECE = 7
CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors"),
    *("violence", "violence/graphic"),
)


@dataclass(frozen=True)
class Say:
    """One answer.

    Args:
        text: what it says; a piece goes out for each word.
        calls: tools it asks for, with arguments as JSON or an object.
        finish_reason: why it ends; what fits where nothing is given.
        is_refusal: the text is the model's refusal.
        delay: seconds before the first piece.
        token_delay: seconds before each further one.
        cut_after: after so many pieces the connection breaks.
        ends_after: after so many pieces the stream ends as if it were whole.
        silent_after: after so many pieces nothing more comes.
        lingers: seconds from the last event to the end.
        has_usage: whether it says what it used.
        first: raw events before everything else.
    """

    text: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    finish_reason: str = ""
    is_refusal: bool = False
    delay: float = 0.0
    token_delay: float = 0.0
    cut_after: int | None = None
    ends_after: int | None = None
    silent_after: int | None = None
    lingers: float = 0.0
    has_usage: bool = True
    first: tuple[Any, ...] = ()


def echo(prompt: Prompt) -> str:
    """Say what one was told: the question, what was retrieved, and what tools returned."""
    said = [f"You said: {prompt.question}"]
    if prompt.passages:
        said.append(f"I read: {' | '.join(prompt.passages)}")
    if prompt.tool_results:
        said.append(f"The tools said: {' | '.join(prompt.tool_results)}")
    return "\n".join(said)


@dataclass
class Chats:
    """How the server chats, changeable while it runs.

    Args:
        script: answers given in their order, one for each request; after them `voice` answers.
        voice: makes an answer's text of a prompt.
        is_obedient: does what any text in the prompt says it should (lifestring/testing/openai_prompts.py).
        models: the names it knows; all where there are none.
        unknown_parameters: it refuses requests that carry one of these.
        context_tokens: how much it takes at once.
        cached_tokens: how many of a prompt's tokens it says to have had in its cache.
        streams: answers in one piece where this is off, whatever was asked for.
        token_delay: seconds before each piece of what `voice` says.
        flagged: words that moderation objects to, with the category of each.
    """

    script: list[Say | Reply] = field(default_factory=list)
    voice: Callable[[Prompt], str] = echo
    is_obedient: bool = False
    models: set[str] = field(default_factory=set)
    unknown_parameters: set[str] = field(default_factory=set)
    context_tokens: int = 1_000_000
    cached_tokens: int = 0
    streams: bool = True
    token_delay: float = 0.0
    flagged: dict[str, str] = field(default_factory=dict)

    def say(self, text: str, **how: Any) -> None:
        """Answer the next request with this text; `how` are arguments of `Say`."""
        self.script.append(Say(text, **how))

    def call_tool(self, name: str, arguments: Any, **how: Any) -> None:
        """Answer the next request by asking for a tool; `arguments` is an object, or JSON as a model would write it."""
        self.script.append(Say(calls=((name, arguments),), **how))


def completions(server: ModelServer, body: dict[str, Any]) -> Reply | Stream:
    """Answer `/v1/chat/completions`."""
    chats = server.chat
    refused = _refusal(chats, body)
    if refused:
        return refused
    with server.lock:
        said = chats.script.pop(0) if chats.script else _own_words(chats, Prompt(body))
    if isinstance(said, Reply):
        return said
    answer = _Answer(said, body, chats.cached_tokens)
    if body.get("stream") and chats.streams:
        return Stream(answer.steps())
    return Reply(200, server.change(answer.whole()), delay=said.delay)


def moderations(server: ModelServer, body: dict[str, Any]) -> Reply:
    """Answer `/v1/moderations`."""
    words = set(re.findall(r"\w+", str(body.get("input")).lower()))
    found = {category for word, category in server.chat.flagged.items() if word in words}
    result = {
        "flagged": bool(found),
        "categories": {name: name in found for name in CATEGORIES},
        "category_scores": {name: 0.99 if name in found else 0.01 for name in CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }
    return Reply(
        200, server.change({"id": "modr-1", "model": body.get("model"), "results": [result]}), delay=server.delay
    )


def _refusal(chats: Chats, body: dict[str, Any]) -> Reply | None:
    unknown = sorted(chats.unknown_parameters & body.keys())
    if unknown:
        return failure(400, "unknown_parameter", about=f" Unknown parameter: '{unknown[0]}'.", param=unknown[0])
    model = body.get("model", "")
    if not model or (chats.models and model not in chats.models):
        return failure(404, "model_not_found")
    if wrong := complaint(body.get("messages")):
        return failure(400, "invalid_request_error", about=f" {wrong}.")
    if _tokens(body) > chats.context_tokens:
        return failure(400, "context_length_exceeded", about=f" It says: {Prompt(body).question}", param="messages")
    if body.get("tools") and model.startswith("gpt-6") and body.get("reasoning_effort") != "none":
        return failure(400, "unsupported_value", about=" Function tools need reasoning_effort 'none'.", param="tools")
    return None


def _own_words(chats: Chats, prompt: Prompt) -> Say:
    if chats.is_obedient and (orders := prompt.orders):
        return Say(calls=tuple(orders))
    said = chats.voice(prompt)
    wants_json = (prompt.body.get("response_format") or {}).get("type") == "json_object"
    if wants_json and not said.startswith("{"):
        said = json.dumps({"message": said, "intent": "chat", "confidence": 0.5})
    return Say(said, token_delay=chats.token_delay)


def _tokens(value: Any) -> int:
    return -(-len(json.dumps(value)) // 4)


class _Answer:
    """One answer to one request, in one piece or in many."""

    def __init__(self, said: Say, body: dict[str, Any], cached_tokens: int) -> None:
        self._said = said
        self._body = body
        most = body.get("max_completion_tokens") or body.get("max_tokens") or FOREVER
        pieces = re.findall(r"\S+\s*|\s+", said.text)
        self._pieces = pieces[: int(most)]
        self._calls = [
            (f"call_{_tokens(body)}_{place}", name, given if isinstance(given, str) else json.dumps(given))
            for place, (name, given) in enumerate(said.calls)
        ]
        fits = "tool_calls" if self._calls else "length" if len(pieces) > len(self._pieces) else "stop"
        self._finish_reason = said.finish_reason or fits
        prompt = _tokens([body["messages"], body.get("tools")])
        completion = len(self._pieces) + sum(_tokens(arguments) for _, _, arguments in self._calls)
        self._usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": min(prompt, cached_tokens)},
        }

    def whole(self) -> dict[str, Any]:
        """The answer in one piece."""
        calls = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id_, name, arguments in self._calls
        ]
        text = "".join(self._pieces)
        message: dict[str, Any] = {"role": "assistant", "content": None if self._said.is_refusal or calls else text}
        message["refusal"] = text if self._said.is_refusal else None
        choice = {"index": 0, "message": {**message, **({"tool_calls": calls} if calls else {})}}
        answer = self._envelope("chat.completion", [{**choice, "finish_reason": self._finish_reason}])
        return {**answer, "usage": self._usage} if self._said.has_usage else answer

    def steps(self) -> Iterator[bytes | Pause | Cut]:
        """The answer as a stream."""
        said = self._said
        yield from (event(raw) for raw in said.first)
        yield self._chunk({"role": "assistant", "content": ""})
        yield Pause(said.delay)
        for place, delta in enumerate(self._deltas()):
            if place == said.cut_after:
                yield Cut()
            if place == said.silent_after:
                yield Pause(FOREVER)
            if place == said.ends_after:
                return
            if place:
                yield Pause(said.token_delay)
            yield self._chunk(delta)
        yield self._chunk({}, self._finish_reason)
        if said.has_usage and (self._body.get("stream_options") or {}).get("include_usage"):
            yield event({**self._envelope("chat.completion.chunk", []), "usage": self._usage})
        yield event(b"[DONE]")
        yield Pause(said.lingers)

    def _deltas(self) -> Iterator[dict[str, Any]]:
        field_name = "refusal" if self._said.is_refusal else "content"
        yield from ({field_name: piece} for piece in self._pieces)
        for index, (id_, name, arguments) in enumerate(self._calls):
            head = {"index": index, "id": id_, "type": "function", "function": {"name": name, "arguments": ""}}
            yield {"tool_calls": [head]}
            for at in range(0, len(arguments), ARGUMENT_PIECE):
                part = {"index": index, "function": {"arguments": arguments[at : at + ARGUMENT_PIECE]}}
                yield {"tool_calls": [part]}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return event(self._envelope("chat.completion.chunk", [choice]))

    def _envelope(self, kind: str, choices: list[Any]) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": self._body["model"], "choices": choices}
