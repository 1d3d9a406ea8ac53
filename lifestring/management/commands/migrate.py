"""Django's `migrate`, which also tells about changes that have no migration yet: of our own tables only."""

from django.core.management.commands import migrate

from lifestring.autodetector import ManagedAutodetector


class Command(migrate.Command):
    """Brings our own tables up to date."""

    autodetector = ManagedAutodetector
