"""Django's entry for the strings app."""

from django.apps import AppConfig


class StringsConfig(AppConfig):
    """The strings app."""

    name = "strings"

    def ready(self) -> None:
        """Say what erasing a person means here."""
        from accounts.services.erasure import register_eraser
        from strings.erasure import erase_strings

        register_eraser(erase_strings)
