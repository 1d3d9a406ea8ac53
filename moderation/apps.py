"""The app for Django."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Moderation."""

    name = "moderation"
    verbose_name = "Moderation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say that people are moderated, and what erasing and exporting one means; models have to be loaded first."""
        from accounts.exporting import register_exports
        from accounts.services import register_eraser
        from accounts.witnesses import register_witness
        from moderation.erasure import erase_moderation
        from moderation.export import EXPORTS
        from moderation.people import PersonTarget
        from moderation.reasons import TargetType
        from moderation.targets import register_target
        from moderation.witness import write_down

        register_eraser(erase_moderation, last=True)
        register_exports(*EXPORTS)
        register_witness(write_down)
        register_target(TargetType.USER, PersonTarget())
