"""Routes of the moderation app, below /api/."""

from django.urls import path

from moderation.views import AppealViewSet, ReportViewSet, SanctionViewSet

urlpatterns = [
    path("reports", ReportViewSet.as_view({"post": "create"}), name="reports"),
    path("my/reports", ReportViewSet.as_view({"get": "mine"}), name="my-reports"),
    path("my/sanctions", SanctionViewSet.as_view({"get": "mine"}), name="my-sanctions"),
    path("appeals", AppealViewSet.as_view({"post": "create"}), name="appeals"),
]
