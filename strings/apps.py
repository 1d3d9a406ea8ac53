"""The app for Django."""

from django.apps import AppConfig


class StringsConfig(AppConfig):
    """Strings."""

    name = "strings"
    verbose_name = "Strings"

    def ready(self) -> None:
        """Say what erasing and exporting a person means here; models have to be loaded first."""
        from accounts.exporting import register_exports
        from accounts.services import register_eraser
        from strings.erasure import erase_strings
        from strings.export import EXPORTS

        register_eraser(erase_strings)
        register_exports(*EXPORTS)
