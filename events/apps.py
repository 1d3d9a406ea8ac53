"""The app for Django."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events."""

    name = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        """Say what erasing a person means here; models have to be loaded first."""
        from accounts.services import register_eraser
        from events.erasure import erase_events

        register_eraser(erase_events)
