"""Routes of the ai app, below /api/."""

from django.urls import path

from ai.action_views import ActionViewSet
from ai.assistant.views import AssistantViewSet
from ai.embedding_views import UserEmbeddingViewSet
from ai.oneturn_views import OneTurnViewSet, PublicTurnViewSet, SummaryViewSet
from ai.recommendation_views import RecommendationViewSet, RecommendedViewSet
from ai.usage_views import UsageViewSet
from ai.views import SearchViewSet

_CHAT = "ai/chat/<uuid:room_id>"

urlpatterns = [
    path("ai/lifestring-chat", OneTurnViewSet.as_view({"post": "create"}), name="lifestring-chat"),
    path("ai/lifestring-chat-public", PublicTurnViewSet.as_view({"post": "create"}), name="lifestring-chat-public"),
    path("ai/summarize-to-string", SummaryViewSet.as_view({"post": "create"}), name="summarize-to-string"),
    path("ai/execute-action", ActionViewSet.as_view({"post": "execute"}), name="execute-action"),
    path("ai/usage", UsageViewSet.as_view({"get": "list"}), name="ai-usage"),
    path("ai/chat", AssistantViewSet.as_view({"post": "create"}), name="ai-chat"),
    path("ai/chats", AssistantViewSet.as_view({"get": "list"}), name="ai-chats"),
    path(_CHAT, AssistantViewSet.as_view({"delete": "destroy"}), name="ai-chat-room"),
    path(f"{_CHAT}/message", AssistantViewSet.as_view({"post": "message"}), name="ai-chat-message"),
    path(f"{_CHAT}/stream", AssistantViewSet.as_view({"post": "stream"}), name="ai-chat-stream"),
    path(f"{_CHAT}/regenerate", AssistantViewSet.as_view({"post": "regenerate"}), name="ai-chat-regenerate"),
    path(f"{_CHAT}/cancel", AssistantViewSet.as_view({"post": "cancel"}), name="ai-chat-cancel"),
    path(f"{_CHAT}/history", AssistantViewSet.as_view({"get": "history"}), name="ai-chat-history"),
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
