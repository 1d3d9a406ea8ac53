"""The app for Django."""

from django.apps import AppConfig


class AIConfig(AppConfig):
    """Embeddings, the assistant, and what asking models costs."""

    name = "ai"
    verbose_name = "AI"

    def ready(self) -> None:
        """Say what erasing and exporting a person means here, and what the assistant's frames do."""
        from accounts.exporting import register_exports
        from accounts.services import register_eraser
        from ai.assistant.handlers import HANDLERS
        from ai.assistant.running import stop_for_restart
        from ai.erasure import erase_answers, erase_embeddings, erase_usage
        from ai.export import EXPORTS
        from chat import handlers
        from lifestring import draining

        draining.at_the_last(stop_for_restart)
        handlers.HANDLERS.update(HANDLERS)
        register_eraser(erase_embeddings)
        register_eraser(erase_answers)
        register_eraser(erase_usage)
        register_exports(*EXPORTS)
