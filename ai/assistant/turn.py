"""One turn of the assistant, from the question to the stored answer, whoever listens (docs/decisions/022-assistant.md)."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings

from accounts.authentication import load_active_caller
from accounts.callers import Caller
from ai.assistant import moderating, toolbox
from ai.assistant.context import Prompt, prompt_for
from ai.assistant.events import DoneEvent, TokenEvent, ToolEvent, TurnEvent
from ai.assistant.rooms import assistant_room
from ai.assistant.running import watch_of_this_loop
from ai.assistant.sources import Source, stored, visible_sources
from ai.availability import check_available
from ai.clients.chat import Finished, Message, Started, Token, ToolCall, estimate_usage, stream_chat
from ai.clients.errors import ContextTooLongError, ModelError
from ai.clients.usage import Usage
from ai.model_errors import as_domain_error
from ai.models import Outcome, Purpose
from ai.prices import most_expensive, price_of_call
from ai.services import Answer, Turn, turn_finish, usage_extend, usage_reserve, usage_settle
from chat.access import NotAMemberError
from chat.shapes import WITH_USER, message_shape
from lifestring.error_rendering import error_or_fault
from lifestring.errors import DomainError, ErrorCode, NotFoundError, SuspendedError, UnavailableError
from lifestring.threads import in_socket_thread

logger = logging.getLogger(__name__)

# Calls of the model in which it may use tools; after these it has to answer.
MAX_ROUNDS = 4
MAX_ANSWER = 20_000
RESTARTING = "The server restarts; what there was of the answer is kept. Ask for it once more."

T = TypeVar("T")


class RunningTurn:
    """A turn under way, in a task of its own; `events` has what happens, None last.

    Args:
        turn: what was asked; the room's turn is taken.
        base: scheme and host for links.
    """

    def __init__(self, turn: Turn, base: str) -> None:
        self.turn = turn
        self._base = base
        self.events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        self.error: DomainError | None = None
        self._stopped = ""
        self._has_begun = False
        self._began_at = time.monotonic()
        self._pieces: list[str] = []
        self._model = ""
        self._calls: list[tuple[str, Usage]] = []
        self._sources: list[Source] = []
        self._actions: list[Any] = []
        self._reservation: uuid.UUID | None = None
        self._outcome = Outcome.DONE
        self._watch = watch_of_this_loop()
        self._watch.add(turn.id, self)
        self.task = asyncio.get_running_loop().create_task(self._run())

    def stop(self, why: str) -> None:
        """End it where it is: what there is of the answer stays, and is paid for."""
        if not self._stopped:
            self._stopped = why
            # A task that has not begun would be gone without a trace.
            if self._has_begun:
                self.task.cancel()

    async def _run(self) -> None:
        self._has_begun = True
        try:
            if not self._stopped:
                await self._answer()
        except asyncio.CancelledError:
            self._stopped = self._stopped or "left"
        except ModelError as error:
            self._calls += [error.used] if error.used else []
            self._fail(as_domain_error(error))
        except Exception as exc:
            self._fail(error_or_fault(exc))
        if self._stopped:
            self._outcome = Outcome.CANCELLED if self._stopped == "cancelled" else Outcome.CUT
            self.error = _revoked(self._stopped)
        await _to_its_end(self._close())

    def _fail(self, error: DomainError) -> None:
        self.error = error
        self._outcome = Outcome.FAILED
        if isinstance(error, moderating.RefusedError):
            self._outcome = Outcome.REFUSED
            self._pieces.clear()

    # --- the answer ---

    async def _answer(self) -> None:
        check_available(needs_bot=True)
        prompt = await in_socket_thread(_prompt)(self.turn)
        tools = toolbox.definitions()
        await _to_its_end(self._reserve(prompt.messages, tools))
        await moderating.check_question(self.turn.question_id, self.turn.question.row[3])
        self._sources += prompt.sources
        try:
            finished = await self._ask(prompt.messages, tools)
        except ContextTooLongError:
            self._sources.clear()
            prompt = await in_socket_thread(_prompt)(self.turn, is_short=True)
            finished = await self._ask(prompt.messages, tools)
        messages = list(prompt.messages)
        for left in reversed(range(MAX_ROUNDS)):
            if not finished.tool_calls:
                break
            messages += await self._use_tools(finished)
            offered = tools if left else []
            await _to_its_end(self._extend(messages, offered))
            finished = await self._ask(messages, offered)
        if not self._text.strip():
            raise DomainError("The model gave no answer; try again.", code=ErrorCode.AI_FAILED, status=502)

    async def _ask(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> Finished:
        """One call of the model; what it says is told as it comes."""
        before, model = len(self._pieces), ""
        most = settings.AI_MAX_ANSWER_TOKENS
        asked = stream_chat(messages, tools=tools, max_tokens=most, user=str(self.turn.user_id))
        try:
            async with aclosing(asked) as events:
                async for event in events:
                    if isinstance(event, Started):
                        self._model = model = event.model
                    elif isinstance(event, Token):
                        self._say(event.text, is_first=len(self._pieces) == before)
                    else:
                        self._calls.append((event.model, event.usage))
                        return event
        except asyncio.CancelledError:
            if model:
                said = "".join(self._pieces[before:])
                self._calls.append((model, estimate_usage(messages, said, tools)))
            raise
        raise DomainError("The model's answer has no end; try again.", code=ErrorCode.AI_FAILED, status=502)

    def _say(self, text: str, *, is_first: bool) -> None:
        if is_first and self._pieces:
            text = f"\n\n{text}"
        self._pieces.append(text)
        self.events.put_nowait(TokenEvent(type="token", content=text))

    async def _use_tools(self, finished: Finished) -> list[Message]:
        """Do what the model asks for, in its order; returns what it is told."""
        told: list[Message] = [_asking(finished)]
        for place, call in enumerate(finished.tool_calls):
            outcome = await in_socket_thread(_used)(self.turn, call, is_allowed=place < toolbox.MOST_AT_ONCE)
            self._sources += outcome.sources
            self._actions += outcome.actions
            self.events.put_nowait(ToolEvent(type="tool", name=call.name, result=outcome.result))
            told.append({"role": "tool", "tool_call_id": call.id, "content": toolbox.written(outcome.result)})
        return told

    # --- the money ---

    async def _reserve(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> None:
        self._reservation = await in_socket_thread(usage_reserve)(
            user_id=self.turn.user_id,
            room_id=self.turn.room_id,
            purpose=Purpose.CHAT,
            cost=most_expensive(messages, tools, settings.AI_MAX_ANSWER_TOKENS),
        )

    async def _extend(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> None:
        if self._reservation is not None:
            cost = most_expensive(messages, tools, settings.AI_MAX_ANSWER_TOKENS)
            await in_socket_thread(usage_extend)(user_id=self.turn.user_id, reservation_id=self._reservation, cost=cost)

    # --- the end ---

    @property
    def _text(self) -> str:
        return "".join(self._pieces)

    async def _close(self) -> None:
        """Look at what there is, store it, settle what it cost, and say that it is over."""
        try:
            if self._text:
                await moderating.check_answer(self.turn.question_id, self._text)
        except Exception as exc:
            self._fail(error_or_fault(exc))
        done: DoneEvent | None = None
        try:
            done = await in_socket_thread(self._stored)()
        except Exception as exc:
            self.error = self.error or error_or_fault(exc)
        try:
            await self._settle()
        except Exception as exc:
            logger.error("a turn is left to be settled by the sweep: %s", type(exc).__name__)
        self._watch.remove(self.turn.id)
        if done is not None and self.error is None:
            self.events.put_nowait(done)
        self.events.put_nowait(None)

    def _stored(self) -> DoneEvent:
        cost = sum((price_of_call(model, usage) for model, usage in self._calls), Decimal(0))
        tokens = sum(usage.prompt_tokens + usage.completion_tokens for _, usage in self._calls)
        answer = Answer(
            content=self._text.strip()[:MAX_ANSWER],
            model=self._model,
            tokens=tokens,
            cost=cost,
            is_partial=self._outcome != Outcome.DONE,
            sources=stored(self._sources),
            actions=self._actions,
        )
        written = turn_finish(user_id=self.turn.user_id, turn=self.turn, answer=answer)
        message: Any = None
        if written is not None:
            message = message_shape(written.row, base=self._base, include=WITH_USER)
            message["seq"] = written.seq
        sources = visible_sources(load_active_caller(self.turn.user_id), self._sources) if self.error is None else []
        return DoneEvent(
            type="done",
            message_id=message and message["id"],
            message=message,
            tokens=tokens,
            cost=cost,
            sources=sources,
            actions=self._actions,
            cancelled=self._outcome == Outcome.CANCELLED,
        )

    async def _settle(self) -> None:
        if self._reservation is not None:
            await in_socket_thread(usage_settle)(
                user_id=self.turn.user_id,
                reservation_id=self._reservation,
                calls=self._calls,
                outcome=self._outcome,
                latency_ms=round((time.monotonic() - self._began_at) * 1000),
            )


def _prompt(turn: Turn, *, is_short: bool = False) -> Prompt:
    caller = load_active_caller(turn.user_id)
    room = assistant_room(turn.room_id, caller)
    return prompt_for(turn, caller, has_context=room.has_context, is_short=is_short)


def _used(turn: Turn, call: ToolCall, *, is_allowed: bool) -> toolbox.ToolOutcome:
    caller: Caller = load_active_caller(turn.user_id)
    if not is_allowed:
        return toolbox.too_many()
    return toolbox.run(caller, call, room_id=turn.room_id, answer_id=turn.answer_id)


def _asking(finished: Finished) -> Message:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in finished.tool_calls
    ]
    return {"role": "assistant", "content": finished.text or None, "tool_calls": calls}


def _revoked(why: str) -> DomainError | None:
    """What somebody is told whose turn ended without their doing; None where it was their own."""
    if why == "suspended":
        return SuspendedError()
    if why == "banned":
        return DomainError("This account is banned.", code=ErrorCode.BANNED, status=403)
    if why == "restart":
        return UnavailableError(RESTARTING, code=ErrorCode.AI_UNAVAILABLE, headers={"Retry-After": "1"})
    if why == "removed":
        return NotAMemberError()
    return NotFoundError() if why in {"gone", "lost"} else None


async def _to_its_end(work: Awaitable[T]) -> T:
    """Wait for what must not be left half way; whoever cancels meanwhile has it raised after."""
    task = asyncio.ensure_future(work)
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            is_cancelled = True
        except Exception:
            break
    if is_cancelled and (task.cancelled() or not task.exception()):
        raise asyncio.CancelledError
    return task.result()
