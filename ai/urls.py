"""Routes of the ai app, below /api/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
