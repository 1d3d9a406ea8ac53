"""What erasing an account means for embeddings, and for what the person asked of models (docs/api.md, People)."""

import uuid

from ai.budgets import subject_of
from ai.models import AssistantAnswer, AssistantTurn, EventEmbedding, MessageCount, UsageEntry, UserEmbedding
from chat.models import LogKind, Message
from chat.services.log import RoomTurn


def erase_embeddings(user_id: uuid.UUID) -> None:
    """Delete what a person's profile and events mean; their strings' embeddings go with the strings, by the database."""
    UserEmbedding.objects.filter(user_id=user_id).delete()
    # Their events are gone already (events/erasure.py); nothing else tells whose these were.
    EventEmbedding.objects.without_event().delete()


def erase_usage(user_id: uuid.UUID) -> None:
    """Take the person and their rooms out of the ledger, whose sums stay; delete the counts of their messages."""
    UsageEntry.objects.filter(user_id=user_id).update(user_id=None, room_id=None)
    MessageCount.objects.filter(subject=subject_of(user_id, "")).delete()


def erase_answers(user_id: uuid.UUID) -> None:
    """Delete what the assistant answered a person, in rooms that others are still in: it speaks of them."""
    AssistantTurn.objects.filter(user_id=user_id).delete()
    answers = AssistantAnswer.objects.filter(user_id=user_id)
    there = Message.objects.filter(id__in=answers.values("message_id"))
    for turn in RoomTurn.take_all(there.values_list("room_id", flat=True)):
        message_ids = list(there.filter(room_id=turn.room_id).order_by("created_at", "id").values_list("id", flat=True))
        Message.objects.filter(id__in=message_ids).delete()
        turn.append_all(LogKind.MESSAGE_DELETED, message_ids, by=None)
    answers.delete()
