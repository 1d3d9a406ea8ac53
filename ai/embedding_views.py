"""The route of embeddings (docs/api.md, People)."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from accounts.views import resolve_user_id
from ai import services
from ai.embedding_openapi import embedding_docs
from lifestring.views import ApiViewSet

QUEUED = "The embedding is computed in the background, if the profile has changed since it last was."


@embedding_docs
class UserEmbeddingViewSet(ApiViewSet):
    """What a person's profile means to a model."""

    def create(self, request: Request, user: uuid.UUID) -> Response:
        """Have it computed."""
        user_id = resolve_user_id(request, user)
        services.user_embedding_request(caller=caller_of(request), user_id=user_id)
        return Response({"success": True, "status": "queued", "message": QUEUED, "user_id": user_id}, status=202)
