"""What an export holds of embeddings, numbers, but derived from what the person wrote, and of what they asked of models.

docs/api.md, People, says what an export is.
"""

import uuid
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.exporting import Part, after, table
from ai.budgets import subject_of
from ai.models import AssistantAnswer, EventEmbedding, MessageCount, StringEmbedding, UsageEntry, UserEmbedding
from chat.models import Message

# A vector is about 20 KiB of text.
BATCH = 25


def _of_profile(user_id: uuid.UUID, last: int | None) -> QuerySet[UserEmbedding]:
    return after(UserEmbedding.objects.filter(user_id=user_id), "id", last)


def _of_strings(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[StringEmbedding]:
    return after(StringEmbedding.objects.filter(string__user_id=user_id), "string_id", last)


def _of_events(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[EventEmbedding]:
    return after(EventEmbedding.objects.of_organiser(user_id), "event_id", last)


def _usage(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[UsageEntry]:
    return after(UsageEntry.objects.of_person(user_id), "id", last)


def _message_counts(user_id: uuid.UUID, span: str | None, began_at: datetime | None) -> QuerySet[MessageCount]:
    found = MessageCount.objects.filter(subject=subject_of(user_id, ""))
    if span is not None:
        found = found.filter(Q(span=span, began_at__gt=began_at) | Q(span__gt=span))
    return found.order_by("span", "began_at")


def _answers(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[AssistantAnswer]:
    text = Message.objects.filter(id=OuterRef("message_id")).values("content")
    found = AssistantAnswer.objects.filter(user_id=user_id).still_there().annotate(content=Subquery(text))
    return after(found, "message_id", last)


_COLUMNS = ("model_version", "content_hash", "embedding", "created_at", "updated_at")

EXPORTS = (
    Part(
        "profile_embedding",
        "What the profile means to a model.",
        table(_of_profile, "id", *_COLUMNS, json=("embedding",), batch=BATCH),
    ),
    Part(
        "string_embeddings",
        "What own strings mean to a model.",
        table(_of_strings, "string_id", *_COLUMNS, json=("embedding",), batch=BATCH),
    ),
    Part(
        "event_embeddings",
        "What own events mean to a model.",
        table(_of_events, "event_id", *_COLUMNS, json=("embedding",), batch=BATCH),
    ),
    Part(
        "assistant_answers",
        "What the assistant answered one, and what it drew on.",
        table(
            _answers,
            *("message_id", "room_id", "question_id", "content", "model", "tokens", "cost", "is_partial"),
            *("sources", "actions", "created_at"),
            json=("sources", "actions"),
        ),
    ),
    Part(
        "ai_usage",
        "What one asked of the assistant: when, where, by which model, and what it cost in dollars.",
        table(
            _usage,
            *("id", "room_id", "purpose", "model", "outcome", "cost", "prompt_tokens", "cached_tokens"),
            *("completion_tokens", "is_estimate", "latency_ms", "created_at", "settled_at"),
        ),
    ),
    Part(
        "ai_message_counts",
        "How many messages one sent to the assistant of late, by hour and day.",
        table(_message_counts, "span", "began_at", "count", keys=2),
    ),
)
