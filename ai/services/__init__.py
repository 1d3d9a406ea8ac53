"""Everything that writes in this app; decorated functions are the only public ones."""

from ai.services.recommendations import (
    recommendation_create,
    recommendation_delete,
    recommendation_update,
    recommendation_view,
    recommendations_generate,
)

__all__ = [
    "recommendation_create",
    "recommendation_delete",
    "recommendation_update",
    "recommendation_view",
    "recommendations_generate",
]
