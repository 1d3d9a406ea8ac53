"""The app for Django."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events."""

    name = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        """Say what erasing and exporting a person means here, and what is moderated; models have to be loaded first."""
        from accounts.exporting import register_exports
        from accounts.services import register_eraser
        from events.erasure import erase_events
        from events.export import EXPORTS
        from events.services.targets import EventTarget
        from moderation.reasons import TargetType
        from moderation.targets import register_target

        register_eraser(erase_events)
        register_exports(*EXPORTS)
        register_target(TargetType.EVENT, EventTarget())
