"""`manage.py doctor`: what is good, what is not, and what to do about it (docs/deploy.md, The first time)."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from lifestring.doctor import State, examine


class Command(BaseCommand):
    """Prints a line about each thing it looked at; ends with 1 where something must be mended."""

    help = "Hold the configuration against the live world, before the first start."
    # It looks at these itself, and says more.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, and tell."""
        styles = {State.GOOD: self.style.SUCCESS, State.NOTE: self.style.WARNING, State.WRONG: self.style.ERROR}
        counts = dict.fromkeys(State, 0)
        for finding in examine():
            counts[finding.state] += 1
            self.stdout.write(f"{styles[finding.state](f'{finding.state:5}')}  {finding.subject}: {finding.sentence}")
        self.stdout.write(f"{counts[State.GOOD]} good, {counts[State.NOTE]} to note, {counts[State.WRONG]} wrong.")
        if counts[State.WRONG]:
            sys.exit(1)
