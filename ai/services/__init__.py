"""Everything that writes in this app; decorated functions are the only public ones."""

from ai.services.embeddings import (
    embedding_settle,
    embedding_store,
    event_embeddings_sweep,
    user_embedding_request,
)
from ai.services.recommendations import (
    recommendation_create,
    recommendation_delete,
    recommendation_update,
    recommendation_view,
    recommendations_generate,
)

__all__ = [
    "embedding_settle",
    "embedding_store",
    "event_embeddings_sweep",
    "recommendation_create",
    "recommendation_delete",
    "recommendation_update",
    "recommendation_view",
    "recommendations_generate",
    "user_embedding_request",
]
