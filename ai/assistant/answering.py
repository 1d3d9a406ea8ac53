"""The one generator behind Server-Sent Events, sockets and plain JSON: what happens in a turn, for whoever asked."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from accounts.authentication import load_caller
from ai import reads
from ai.assistant.events import DoneEvent, StartEvent, TokenEvent, TurnEvent
from ai.assistant.sources import restored, visible_sources
from ai.assistant.turn import RunningTurn
from ai.model_errors import AWAY_SECONDS
from ai.services import Turn
from chat import reads as chat_reads
from chat.columns import MESSAGE_COLUMNS
from chat.shapes import WITH_USER, MessageShape, message_shape
from lifestring import rows
from lifestring.errors import ErrorCode, NotFoundError, UnavailableError
from lifestring.threads import in_socket_thread

# How often somebody looks who waits for what another request has begun.
LOOK_SECONDS = 0.5


async def turn_events(turn: Turn, base: str) -> AsyncGenerator[TurnEvent]:
    """Yield `start`, the tokens and tools, and `done`; ending it early ends the turn.

    Args:
        turn: what was asked.
        base: scheme and host for links.

    Raises:
        DomainError: the answer failed; what there was of it is stored.
    """
    if turn.standing is not None:
        async for event in _again(turn, base):
            yield event
        return
    # Before anything is waited for: whoever leaves at once ends a turn that is watched.
    running = RunningTurn(turn, base)
    try:
        yield StartEvent(type="start", user_message=question_shape(turn, base))
        while (happened := await running.events.get()) is not None:
            yield happened
    finally:
        running.stop("left")
        await asyncio.wait({running.task})
    if running.error is not None:
        raise running.error


async def answer_to(turn: Turn, base: str) -> DoneEvent:
    """Return how a turn ended, for who does not want to hear of it before.

    Raises:
        DomainError: the answer failed.
    """
    done: DoneEvent | None = None
    async for event in turn_events(turn, base):
        if event["type"] == "done":
            done = event
    if done is None:
        raise NotFoundError
    return done


def question_shape(turn: Turn, base: str) -> MessageShape:
    """Return the question as clients see it."""
    shape = message_shape(turn.question.row, base=base, include=WITH_USER)
    return {**shape, "seq": turn.question.seq}


async def _again(turn: Turn, base: str) -> AsyncGenerator[TurnEvent]:
    """Tell of an answer that was given already, or is being made by another request, when that is done."""
    yield StartEvent(type="start", user_message=question_shape(turn, base))
    while (done := await in_socket_thread(_given)(turn, base)) is None:
        if not await in_socket_thread(reads.is_under_way)(turn.id):
            # Once more: it may have ended between the two looks.
            done = await in_socket_thread(_given)(turn, base)
            break
        await asyncio.sleep(LOOK_SECONDS)
    if done is None:
        raise UnavailableError(
            "The answer that was being made has failed; try again.",
            code=ErrorCode.AI_UNAVAILABLE,
            headers={"Retry-After": AWAY_SECONDS},
        )
    if done["message"] is not None:
        yield TokenEvent(type="token", content=done["message"]["content"])
    yield done


def _given(turn: Turn, base: str) -> DoneEvent | None:
    """The answer as it is stored, None where there is none."""
    found = reads.answers((turn.answer_id,)).first()
    messages = rows.fetch(chat_reads.message, (turn.room_id, turn.answer_id), MESSAGE_COLUMNS)
    if found is None or not messages:
        return None
    message: Any = message_shape(messages[0], base=base, include=WITH_USER)
    message["seq"] = reads.place_in_log(turn.room_id, turn.answer_id)
    return DoneEvent(
        type="done",
        message_id=turn.answer_id,
        message=message,
        tokens=found.tokens,
        cost=found.cost,
        sources=visible_sources(load_caller(turn.user_id), restored(found.sources)),
        actions=found.actions,
        cancelled=False,
    )
