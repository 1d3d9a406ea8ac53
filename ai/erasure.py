"""What erasing an account means for embeddings (docs/api.md, People)."""

import uuid

from ai.models import UserEmbedding


def erase_embeddings(user_id: uuid.UUID) -> None:
    """Delete what a person's profile means; their strings' embeddings go with the strings, by the database."""
    UserEmbedding.objects.filter(user_id=user_id).delete()
