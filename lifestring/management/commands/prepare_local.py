"""`manage.py prepare_local`: what local mode does between its servers' start and its services'."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from lifestring.seeding.assistant import plant_assistant


class Command(BaseCommand):
    """Migrate and seed in one process: starting Django twice would double the wait of every later start."""

    help = "Bring local mode's database up to date, fill it with demo data, once, and give the assistant its account."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, which loads Supabase's schema where it is missing, then seed unless that was done before."""
        call_command("migrate", interactive=False, stdout=self.stdout)
        call_command("seed", "--once", stdout=self.stdout)
        # After the world, which is only planted where nobody is.
        plant_assistant()
