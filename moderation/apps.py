"""The app for Django."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Moderation."""

    name = "moderation"
    verbose_name = "Moderation"
    default_auto_field = "django.db.models.BigAutoField"
