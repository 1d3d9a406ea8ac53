"""The app for Django."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Moderation."""

    name = "moderation"
    verbose_name = "Moderation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say that people are moderated; models have to be loaded first."""
        from moderation.people import PersonTarget
        from moderation.reasons import TargetType
        from moderation.targets import register_target

        register_target(TargetType.USER, PersonTarget())
