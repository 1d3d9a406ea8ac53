"""Django's entry for the strings app."""

from django.apps import AppConfig


class StringsConfig(AppConfig):
    """The strings app."""

    name = "strings"
