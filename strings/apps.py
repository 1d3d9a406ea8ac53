"""The app for Django."""

from django.apps import AppConfig


class StringsConfig(AppConfig):
    """Strings."""

    name = "strings"
    verbose_name = "Strings"
    default_auto_field = "django.db.models.BigAutoField"
