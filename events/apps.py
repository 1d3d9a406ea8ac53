"""The app for Django."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events."""

    name = "events"
    verbose_name = "Events"
    default_auto_field = "django.db.models.BigAutoField"
