"""The app for Django."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Rooms."""

    name = "chat"
    verbose_name = "Rooms"

    def ready(self) -> None:
        """Say what erasing and exporting a person means here, and what is moderated; models have to be loaded first."""
        from accounts.exporting import register_exports
        from accounts.services import register_eraser
        from chat.erasure import erase_rooms
        from chat.export import EXPORTS
        from chat.recent_texts import recent_texts
        from chat.services.targets import MessageTarget, RoomTarget
        from moderation.reasons import TargetType
        from moderation.rules import register_texts
        from moderation.targets import register_target

        register_eraser(erase_rooms)
        register_exports(*EXPORTS)
        register_texts(recent_texts)
        register_target(TargetType.MESSAGE, MessageTarget())
        register_target(TargetType.ROOM, RoomTarget())
