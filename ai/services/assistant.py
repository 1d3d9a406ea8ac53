"""The assistant's turn in a room: asked, under way, answered (docs/decisions/022-assistant.md).

The order of locks is the room's turn first, then the row of the answer under way.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from accounts.assistant import assistant_id
from ai import reads
from ai.models import AssistantAnswer, AssistantTurn
from chat import reads as chat_reads
from chat.access import member_of
from chat.columns import MESSAGE_COLUMNS, PARTICIPANT_COLUMNS
from chat.models import Message, Room
from chat.services.log import RoomTurn
from chat.services.speaking import Voice, Written
from lifestring import rows
from lifestring.db import service
from lifestring.errors import ConflictError

if TYPE_CHECKING:
    from accounts.callers import Caller

SWEPT_AT_ONCE = 1_000

STILL_ANSWERING = "The assistant is still answering in this room; wait, or cancel it."
NOTHING_TO_ANSWER = "Nobody has asked anything in this room yet."

_CLAIM = """
INSERT INTO django.ai_assistantturn AS t
       (room_id, id, user_id, question_id, answer_id, is_cancelled, started_at, heartbeat_at)
VALUES (%(room)s, %(id)s, %(user)s, %(question)s, %(answer)s, false, statement_timestamp(), statement_timestamp())
ON CONFLICT (room_id) DO UPDATE
   SET id = EXCLUDED.id, user_id = EXCLUDED.user_id, question_id = EXCLUDED.question_id,
       answer_id = EXCLUDED.answer_id, is_cancelled = false, started_at = EXCLUDED.started_at,
       heartbeat_at = EXCLUDED.heartbeat_at
 WHERE t.heartbeat_at < statement_timestamp() - make_interval(secs => %(stale)s)
RETURNING id
"""
# Whoever may not have the answer any more: it is as with sockets, within two seconds.
_WATCH = """
WITH mine AS (
    UPDATE django.ai_assistantturn SET heartbeat_at = statement_timestamp() WHERE id = ANY(%s)
    RETURNING id, room_id, user_id, is_cancelled)
SELECT m.id, CASE
       WHEN m.is_cancelled THEN 'cancelled'
       WHEN u.id IS NULL OR a.user_id IS NULL THEN 'gone'
       WHEN u.banned_until > now() THEN 'banned'
       WHEN s.user_id IS NOT NULL THEN 'suspended'
       WHEN p.user_id IS NULL THEN 'removed'
       ELSE '' END
  FROM mine m
  LEFT JOIN auth.users u ON u.id = m.user_id AND u.deleted_at IS NULL
  LEFT JOIN public.user_profiles a ON a.user_id = m.user_id
  LEFT JOIN django.accounts_suspension s ON s.user_id = m.user_id AND (s.until IS NULL OR s.until > now())
  LEFT JOIN public.room_participants p ON p.room_id = m.room_id AND p.user_id = m.user_id
"""
_SWEEP_TURNS = """
DELETE FROM django.ai_assistantturn WHERE room_id IN (
    SELECT room_id FROM django.ai_assistantturn
     WHERE heartbeat_at < statement_timestamp() - interval '10 minutes' LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""
_SWEEP_ANSWERS = """
DELETE FROM django.ai_assistantanswer WHERE message_id IN (
    SELECT message_id FROM django.ai_assistantanswer a
     WHERE NOT EXISTS (SELECT FROM public.messages m WHERE m.id = a.message_id)
     LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""


class Standing(NamedTuple):
    """What became of a question that was asked before under the same key.

    Args:
        answer_id: its answer, None while that is being made.
    """

    answer_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Turn:
    """The assistant's turn.

    Args:
        id: of the turn itself.
        room_id: where.
        user_id: who asked.
        question: what they asked, with `MESSAGE_COLUMNS` in its row.
        answer_id: the message that the answer becomes.
        standing: set where nothing is left to do but wait, or show.
    """

    id: uuid.UUID
    room_id: uuid.UUID
    user_id: uuid.UUID
    question: Written
    answer_id: uuid.UUID
    standing: Standing | None = None

    @property
    def question_id(self) -> uuid.UUID:
        """The id of the message that is answered."""
        found: uuid.UUID = self.question.row[0]
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a turn.

    Args:
        content: the text; empty where none came.
        model: what wrote it.
        tokens: how many it took.
        cost: what it cost.
        is_partial: whether it was cut.
        sources: what it was made from, as [type, id, title].
        actions: what the asker may confirm.
    """

    content: str
    model: str
    tokens: int
    cost: Decimal
    is_partial: bool
    sources: list[Any]
    actions: list[Any]


@service
def turn_begin(*, caller: Caller, room_id: uuid.UUID, message_id: uuid.UUID, content: str) -> Turn:
    """Ask the assistant: say something in its room and take the one turn there is.

    A second call with the same id begins again only where the first has come to no answer.

    Args:
        caller: who asks.
        room_id: a room with the assistant in it.
        message_id: the new message's id, which may be the client's own.
        content: validated text of `MessageWriteSerializer`.

    Raises:
        NotFoundError, NotAMemberError: the room is not the caller's.
        ValidationFailedError: somebody else's message, or one of another room, has this id.
        ConflictError: another answer is being made, or the message was sent before and deleted since.
    """
    room_turn = RoomTurn.take(room_id)
    question = Voice.of(room_turn, caller).say(message_id, content)
    answer = None if question.is_new else AssistantAnswer.objects.to_question(message_id).first()
    if answer is not None:
        standing = Standing(answer.message_id)
        return Turn(uuid.uuid4(), room_id, caller.user_id, question, answer.message_id, standing)
    turn = Turn(uuid.uuid4(), room_id, caller.user_id, question, uuid.uuid4())
    if _claim(turn):
        return turn
    running = AssistantTurn.objects.filter(room_id=room_id, question_id=message_id, user_id=caller.user_id).first()
    if running is None:
        raise ConflictError(STILL_ANSWERING)
    return Turn(running.id, room_id, caller.user_id, question, running.answer_id, Standing(None))


@service
def turn_repeat(*, caller: Caller, room_id: uuid.UUID) -> Turn:
    """Have the last question in a room answered once more, in the place of its answer if it has one.

    Args:
        caller: for whom it is answered, whoever asked.
        room_id: a room with the assistant in it.

    Raises:
        NotFoundError, NotAMemberError: the room is not the caller's.
        ConflictError: there is no question, or another answer is being made.
    """
    RoomTurn.take(room_id)
    member_of(room_id, caller)
    found = rows.fetch(reads.questions, (room_id, assistant_id()), MESSAGE_COLUMNS, limit=1)
    if not found:
        raise ConflictError(NOTHING_TO_ANSWER)
    row = found[0]
    answer = AssistantAnswer.objects.to_question(row[0]).first()
    answer_id = answer.message_id if answer else uuid.uuid4()
    turn = Turn(uuid.uuid4(), room_id, caller.user_id, Written(None, row, is_new=False), answer_id)
    if not _claim(turn):
        raise ConflictError(STILL_ANSWERING)
    return turn


@service
def turn_cancel(*, caller: Caller, room_id: uuid.UUID) -> uuid.UUID | None:
    """Have the answer under way in a room end where it is; returns which turn that was, None where there is none.

    Raises:
        NotFoundError, NotAMemberError: the room is not the caller's.
    """
    member_of(room_id, caller)
    found = AssistantTurn.objects.filter(room_id=room_id)
    found.update(is_cancelled=True)
    return found.values_list("id", flat=True).first()


@service
def turn_finish(*, user_id: uuid.UUID, turn: Turn, answer: Answer) -> Written | None:
    """End a turn: store the answer as the assistant's message, if there is one, and leave the room to the next.

    Args:
        user_id: who asked.
        turn: the turn, which somebody else may have taken over meanwhile.
        answer: what came of it.

    Returns:
        The message, None where nothing was stored: not where the room, or the assistant's place in it, is gone.
    """
    if not Room.objects.filter(id=turn.room_id).exists():
        AssistantTurn.objects.filter(id=turn.id).delete()
        return None
    room_turn = RoomTurn.take(turn.room_id)
    is_ours = AssistantTurn.objects.filter(id=turn.id).delete()[0]
    places = rows.fetch(chat_reads.participant, (turn.room_id, assistant_id()), PARTICIPANT_COLUMNS)
    if not (is_ours and places and answer.content):
        return None
    _, assistant, *author = places[0]
    voice = Voice(room_turn, assistant, tuple(author))
    is_there = Message.objects.filter(id=turn.answer_id).exists()
    written = (voice.say_instead if is_there else voice.say)(turn.answer_id, answer.content)
    about = {"room_id": turn.room_id, "user_id": user_id, "question_id": turn.question_id}
    kept = ("model", "tokens", "cost", "is_partial", "sources", "actions")
    values = {**about, **{name: getattr(answer, name) for name in kept}}
    AssistantAnswer.objects.update_or_create(message_id=turn.answer_id, defaults=values)
    return written


@service
def turns_watch(*, source: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Say that these turns are alive, and return those that must end, each with why.

    Args:
        source: the turns of the process that asks.

    Returns:
        By turn `cancelled`, or `gone`, `banned`, `suspended`, `removed` of whoever asked; `lost` where it is not the
        process's any more.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WATCH, [list(source)])
        found = dict(cursor.fetchall())
    return {turn_id: why for turn_id in source if (why := found.get(turn_id, "lost"))}


@service
def turns_sweep() -> int:
    """Forget turns of processes that were killed, and what belongs to answers that were deleted; returns how much."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP_TURNS, {"limit": SWEPT_AT_ONCE})
        swept = cursor.rowcount
        cursor.execute(_SWEEP_ANSWERS, {"limit": SWEPT_AT_ONCE})
        return int(swept + cursor.rowcount)


def _claim(turn: Turn) -> bool:
    values = {"room": turn.room_id, "id": turn.id, "user": turn.user_id, "question": turn.question_id}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {**values, "answer": turn.answer_id, "stale": reads.STALE_SECONDS})
        return cursor.fetchone() is not None
