"""Reading a chat completion's stream: bounded in bytes and in time, and believed only as far as it is checked."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any, TypeGuard

import httpx2
import openai
import orjson
from openai import AsyncAPIResponse

from ai.clients.errors import BadAnswerError, ModelUnavailableError
from ai.clients.usage import Usage

SILENCE_SECONDS = 30.0
# From the last event to the end.
LAST_SECONDS = 0.2
# An event of one token takes some 300 bytes, padding included.
MAX_BYTES_PER_TOKEN = 2048
MAX_BYTES_AROUND = 256 * 1024
MAX_TOOL_CALLS = 32
MAX_TOKENS = 100_000_000


class _Clock:
    """How long may still be waited: until the deadline, and not for a server that has said nothing for a while."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.heard()

    def heard(self) -> None:
        """Note that something was said; what only keeps a connection open says nothing."""
        self._last = time.monotonic()

    def hurry(self) -> None:
        """Have it end soon."""
        self._deadline = min(self._deadline, time.monotonic() + LAST_SECONDS)

    @property
    def left(self) -> float:
        """Seconds."""
        return min(self._deadline, self._last + SILENCE_SECONDS) - time.monotonic()

    @property
    def is_late(self) -> bool:
        """Whether it is the deadline that is over."""
        return time.monotonic() >= self._deadline


async def events(response: AsyncAPIResponse[Any], *, deadline: float, max_tokens: int) -> AsyncGenerator[Any]:
    """Yield the stream's events, parsed, until it says that it is done, or ends.

    Args:
        response: the open answer.
        deadline: when it has to be over, by `time.monotonic`.
        max_tokens: how long the answer was allowed to get.

    Raises:
        ModelUnavailableError: it fell silent, went on for too long, or broke off.
        BadAnswerError: it is no such stream.
    """
    clock = _Clock(deadline)
    kind = response.headers.get("content-type", "")
    pieces = _pieces(response, clock, MAX_BYTES_AROUND + MAX_BYTES_PER_TOKEN * max_tokens)
    if "json" in kind:
        # From a server that does not stream, the answer in one piece.
        yield _parsed(b"".join([piece async for piece in pieces]))
        return
    if "html" in kind:
        raise BadAnswerError("The model's server sent a page instead of an answer.")
    is_done = False
    try:
        async for line in _lines(pieces):
            data = line[5:].strip() if line.startswith(b"data:") else b""
            if data == b"[DONE]":
                # Read to its very end, the connection can be used again; that is not worth much waiting.
                is_done = True
                clock.hurry()
            elif data and not is_done:
                clock.heard()
                yield _parsed(data)
    except ModelUnavailableError:
        if not is_done:
            raise


async def _lines(pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line
    yield rest


async def _pieces(response: AsyncAPIResponse[Any], clock: _Clock, most_bytes: int) -> AsyncGenerator[bytes]:
    size = 0
    pieces = aiter(response.iter_bytes())
    while True:
        try:
            async with asyncio.timeout(clock.left):
                piece = await anext(pieces, None)
        except (TimeoutError, httpx2.TimeoutException) as error:
            what = "did not finish its answer in time" if clock.is_late else "fell silent"
            raise ModelUnavailableError(f"The model's server {what}.") from error
        except (httpx2.HTTPError, openai.OpenAIError) as error:
            raise ModelUnavailableError(f"The model's answer broke off: {type(error).__name__}.") from error
        if piece is None:
            return
        size += len(piece)
        if size > most_bytes:
            raise BadAnswerError("The model's answer is too long to be one.")
        yield piece


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except ValueError as error:
        raise BadAnswerError("The model's server sent what is no JSON.") from error


class Answer:
    """An answer as it comes in: take each event, then ask what it came to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.calls: dict[int, dict[str, str]] = {}
        self.finish_reason = ""
        self.usage: Usage | None = None
        self._is_refusal = False

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(self.texts)

    @property
    def has_begun(self) -> bool:
        """Whether anything was written so far, of a text or of a call."""
        return bool(self.texts or self.calls)

    def take(self, event: Any) -> str:
        """Take one event in; returns the text it adds.

        Raises:
            BadAnswerError: it is none.
            ModelUnavailableError: it tells of an error.
        """
        if not isinstance(event, dict):
            raise BadAnswerError("The model's server sent an event of no known shape.")
        if event.get("error"):
            raise ModelUnavailableError("The model's server failed in the middle of its answer.")
        if isinstance(event.get("usage"), dict):
            self.usage = _usage(event["usage"])
        choices = event.get("choices")
        if not choices:
            return ""
        try:
            return self._take_choice(choices[0])
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise BadAnswerError("The model's server sent an event of no known shape.") from error

    def _take_choice(self, choice: dict[str, Any]) -> str:
        delta = choice.get("delta") or choice.get("message") or {}
        self._is_refusal |= bool(delta.get("refusal"))
        # A column of text holds no NUL.
        text = ((delta.get("content") or "") + (delta.get("refusal") or "")).replace("\0", "")
        if text:
            self.texts.append(text)
        for place, part in enumerate(delta.get("tool_calls") or []):
            self._take_call(place, part)
        if isinstance(choice.get("finish_reason"), str):
            self.finish_reason = choice["finish_reason"]
        return text

    def _take_call(self, place: int, part: dict[str, Any]) -> None:
        index = int(part.get("index", place))
        call = self.calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
        if len(self.calls) > MAX_TOOL_CALLS:
            raise BadAnswerError("The model asks for too many tools at once.")
        function = part.get("function") or {}
        call["id"] = call["id"] or part.get("id") or ""
        call["name"] += function.get("name") or ""
        call["arguments"] += function.get("arguments") or ""

    @property
    def reason(self) -> str:
        """Why it ended: `stop`, `length`, `tool_calls`, `content_filter` or `refusal`; empty where it broke off."""
        if self._is_refusal:
            return "refusal"
        return "tool_calls" if self.calls and self.finish_reason else self.finish_reason


def _usage(sent: dict[str, Any]) -> Usage | None:
    """The tokens as the server counted them, None where that is no count."""
    details = sent.get("prompt_tokens_details")
    cached = (details.get("cached_tokens") if isinstance(details, dict) else None) or 0
    prompt, completion = sent.get("prompt_tokens"), sent.get("completion_tokens")
    if not (_is_count(prompt) and _is_count(cached) and _is_count(completion)):
        return None
    return Usage(prompt, min(prompt, cached), completion)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_TOKENS
