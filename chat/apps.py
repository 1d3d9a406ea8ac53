"""The app for Django."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Rooms."""

    name = "chat"
    verbose_name = "Rooms"
    default_auto_field = "django.db.models.BigAutoField"
