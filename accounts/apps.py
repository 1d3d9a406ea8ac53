"""The app for Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People."""

    name = "accounts"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what exporting a person means here; models have to be loaded first."""
        from accounts.export import EXPORTS
        from accounts.exporting import register_exports

        register_exports(*EXPORTS)
