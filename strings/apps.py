"""The app for Django."""

from django.apps import AppConfig


class StringsConfig(AppConfig):
    """Strings."""

    name = "strings"
    verbose_name = "Strings"

    def ready(self) -> None:
        """Say what erasing and exporting a person means here, and what is moderated; models have to be loaded first."""
        from accounts.exporting import register_exports
        from accounts.services import register_eraser
        from moderation.reasons import TargetType
        from moderation.rules import register_texts
        from moderation.targets import register_target
        from strings.erasure import erase_strings
        from strings.export import EXPORTS
        from strings.recent_texts import recent_texts
        from strings.services.targets import CommentTarget, StringTarget

        register_eraser(erase_strings)
        register_exports(*EXPORTS)
        register_texts(recent_texts)
        register_target(TargetType.STRING, StringTarget())
        register_target(TargetType.COMMENT, CommentTarget())
