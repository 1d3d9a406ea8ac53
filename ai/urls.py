"""Routes of the ai app, below /api/."""

from django.urls import path

from ai.views import SearchViewSet

urlpatterns = [path("search", SearchViewSet.as_view({"get": "list"}), name="search")]
