"""Django's entry for the ai app."""

from django.apps import AppConfig


class AiConfig(AppConfig):
    """The ai app."""

    name = "ai"
