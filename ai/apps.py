"""The app for Django."""

from django.apps import AppConfig


class AIConfig(AppConfig):
    """AI."""

    name = "ai"
    verbose_name = "AI"
    default_auto_field = "django.db.models.BigAutoField"
