"""What erasing an account means for embeddings, and for what the person asked of models (docs/api.md, People)."""

import uuid

from ai.budgets import subject_of
from ai.models import MessageCount, UsageEntry, UserEmbedding


def erase_embeddings(user_id: uuid.UUID) -> None:
    """Delete what a person's profile means; their strings' embeddings go with the strings, by the database."""
    UserEmbedding.objects.filter(user_id=user_id).delete()


def erase_usage(user_id: uuid.UUID) -> None:
    """Take the person and their rooms out of the ledger, whose sums stay; delete the counts of their messages."""
    UsageEntry.objects.filter(user_id=user_id).update(user_id=None, room_id=None)
    MessageCount.objects.filter(subject=subject_of(user_id, "")).delete()
