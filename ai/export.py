"""What an export holds of embeddings (docs/api.md, People): numbers, but derived from what the person wrote."""

import uuid

from django.db.models import QuerySet

from accounts.exporting import Part, after, table
from ai.models import EventEmbedding, StringEmbedding, UserEmbedding

# A vector is about 20 KiB of text.
BATCH = 25


def _of_profile(user_id: uuid.UUID, last: int | None) -> QuerySet[UserEmbedding]:
    return after(UserEmbedding.objects.filter(user_id=user_id), "id", last)


def _of_strings(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[StringEmbedding]:
    return after(StringEmbedding.objects.filter(string__user_id=user_id), "string_id", last)


def _of_events(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[EventEmbedding]:
    return after(EventEmbedding.objects.of_organiser(user_id), "event_id", last)


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
)
