"""The app for Django."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Rooms."""

    name = "chat"
    verbose_name = "Rooms"

    def ready(self) -> None:
        """Say what erasing a person means here; models have to be loaded first."""
        from accounts.services import register_eraser
        from chat.erasure import erase_rooms

        register_eraser(erase_rooms)
