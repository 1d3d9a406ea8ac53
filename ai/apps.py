"""The app for Django."""

from django.apps import AppConfig


class AIConfig(AppConfig):
    """Embeddings, and what asking models costs."""

    name = "ai"
    verbose_name = "AI"

    def ready(self) -> None:
        """Say what erasing and exporting a person means here; models have to be loaded first."""
        from accounts.exporting import register_exports
        from accounts.services import register_eraser
        from ai.erasure import erase_embeddings, erase_usage
        from ai.export import EXPORTS

        register_eraser(erase_embeddings)
        register_eraser(erase_usage)
        register_exports(*EXPORTS)
