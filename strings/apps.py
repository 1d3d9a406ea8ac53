"""The app for Django."""

from django.apps import AppConfig


class StringsConfig(AppConfig):
    """Strings."""

    name = "strings"
    verbose_name = "Strings"

    def ready(self) -> None:
        """Say what erasing a person means here; models have to be loaded first."""
        from accounts.services import register_eraser
        from strings.erasure import erase_strings

        register_eraser(erase_strings)
