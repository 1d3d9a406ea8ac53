"""Everything that writes in this app; decorated functions are the only public ones."""

from ai.services.embeddings import embedding_settle, embedding_store, user_embedding_request
from ai.services.recommendations import (
    recommendation_create,
    recommendation_delete,
    recommendation_update,
    recommendation_view,
    recommendations_generate,
    recommendations_refresh,
)

__all__ = [
    "embedding_settle",
    "embedding_store",
    "recommendation_create",
    "recommendation_delete",
    "recommendation_update",
    "recommendation_view",
    "recommendations_generate",
    "recommendations_refresh",
    "user_embedding_request",
]
