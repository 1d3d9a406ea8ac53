"""Routes of the ai app, below /api/."""

from django.urls import path

from ai.action_views import ActionViewSet
from ai.embedding_views import UserEmbeddingViewSet
from ai.oneturn_views import OneTurnViewSet, PublicTurnViewSet, SummaryViewSet
from ai.recommendation_views import RecommendationViewSet, RecommendedViewSet
from ai.usage_views import UsageViewSet
from ai.views import SearchViewSet

urlpatterns = [
    path("ai/lifestring-chat", OneTurnViewSet.as_view({"post": "create"}), name="lifestring-chat"),
    path("ai/lifestring-chat-public", PublicTurnViewSet.as_view({"post": "create"}), name="lifestring-chat-public"),
    path("ai/summarize-to-string", SummaryViewSet.as_view({"post": "create"}), name="summarize-to-string"),
    path("ai/execute-action", ActionViewSet.as_view({"post": "execute"}), name="execute-action"),
    path("ai/usage", UsageViewSet.as_view({"get": "list"}), name="ai-usage"),
    path("search", SearchViewSet.as_view({"get": "list"}), name="search"),
    path("recommendations", RecommendationViewSet.as_view({"get": "list", "post": "create"}), name="recommendations"),
    path(
        "recommendations/generate",
        RecommendationViewSet.as_view({"post": "generate"}),
        name="generate-recommendations",
    ),
    path(
        "recommendations/<uuid:recommendation_id>",
        RecommendationViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="recommendation",
    ),
    path("recommended/users", RecommendedViewSet.as_view({"get": "people"}), name="recommended-users"),
    path("recommended/strings", RecommendedViewSet.as_view({"get": "strings"}), name="recommended-strings"),
    path("users/<uuid:user>/embed/create", UserEmbeddingViewSet.as_view({"post": "create"}), name="embed-user"),
    path(
        "users/<uuid:user>/generateSimilarUsers",
        RecommendationViewSet.as_view({"post": "generate_for"}),
        name="generate-similar-users",
    ),
]
