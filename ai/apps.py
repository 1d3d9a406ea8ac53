"""The app for Django."""

from django.apps import AppConfig


class AIConfig(AppConfig):
    """Embeddings."""

    name = "ai"
    verbose_name = "AI"

    def ready(self) -> None:
        """Say what erasing a person means here; models have to be loaded first."""
        from accounts.services import register_eraser
        from ai.erasure import erase_embeddings

        register_eraser(erase_embeddings)
