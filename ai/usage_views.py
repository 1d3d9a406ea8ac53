"""The route of what the assistant costs (docs/api.md, AI)."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from ai.usage_openapi import usage_docs
from ai.usage_shapes import usage_shape
from lifestring.views import ApiViewSet


@usage_docs
class UsageViewSet(ApiViewSet):
    """What the caller asked of models, and what is left."""

    def list(self, request: Request) -> Response:
        """Answer today's and this month's tokens and cost, and the limits."""
        return Response({"data": usage_shape(caller_of(request).user_id, timezone.now())})
