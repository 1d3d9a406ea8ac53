"""What erasing an account means for embeddings (docs/api.md, People)."""

import uuid

from ai.models import EventEmbedding, UserEmbedding


def erase_embeddings(user_id: uuid.UUID) -> None:
    """Delete what a person's profile and events mean; their strings' embeddings go with the strings, by the database."""
    UserEmbedding.objects.filter(user_id=user_id).delete()
    # Their events are gone already (events/erasure.py); nothing else tells whose these were.
    EventEmbedding.objects.without_event().delete()
