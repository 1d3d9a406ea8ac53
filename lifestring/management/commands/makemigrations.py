"""Django's `makemigrations`, for our own tables only."""

from django.core.management.commands import makemigrations

from lifestring.autodetector import ManagedAutodetector


class Command(makemigrations.Command):
    """Writes migrations for what changed in managed models."""

    autodetector = ManagedAutodetector
