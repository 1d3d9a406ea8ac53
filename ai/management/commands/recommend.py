"""`manage.py recommend`: make recommendations of people anew, for everybody or for one (docs/configuration.md, AI)."""

import uuid
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ai.recommending import count_due, pages_due, recommend_to
from ai.serializers import DEFAULT_LIMIT, MAX_LIMIT
from ai.services import recommendations_refresh

RECENT_HOURS = 12.0


def _limit(given: str) -> int:
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MAX_LIMIT):
        raise ArgumentTypeError(f"a number from 1 to {MAX_LIMIT}")
    return int(given)


def _hours(given: str) -> float:
    try:
        hours = float(given)
    except ValueError:
        hours = -1
    if not 0 <= hours <= 24 * 365:
        raise ArgumentTypeError("a number of hours")
    return hours


class Command(BaseCommand):
    """Goes through everybody; whoever has fresh recommendations is passed over, so a run that broke off is repeated."""

    help = "Make everybody's recommendations of people anew; may be stopped and run again, and goes on from there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--user", type=uuid.UUID, metavar="USER_ID", help="only this person's, however fresh")
        parser.add_argument(
            "--limit", type=_limit, default=DEFAULT_LIMIT, help=f"how many for each, {DEFAULT_LIMIT} unless said"
        )
        parser.add_argument(
            "--older-than",
            type=_hours,
            default=RECENT_HOURS,
            metavar="HOURS",
            help=f"pass over whoever was given some within so many hours, {RECENT_HOURS:g} unless said",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, and tell how far it is.

        Raises:
            CommandError: the person can be recommended nobody.
            DatabaseError: the database fails again and again; what is made stays.
        """
        limit: int = options["limit"]
        if options["user"] is not None:
            made = recommendations_refresh(user_id=options["user"], limit=limit)
            if not made:
                raise CommandError("There is no such person, or nobody to recommend to them.")
            self.stdout.write(f"Done: {made} recommendations.")
            return
        since = timezone.now() - timedelta(hours=options["older_than"])
        total, done, failed, started = count_due(since), 0, 0, monotonic()
        self.stdout.write(f"{total} people to recommend somebody to")
        for page in pages_due(since):
            failed += len(recommend_to(page, limit))
            done += len(page)
            self._tell(done, total, monotonic() - started)
        self.stdout.write(f"Done: {done - failed} people, {failed} failed.")

    def _tell(self, done: int, total: int, seconds: float) -> None:
        bar = "#" * int(min(1.0, done / max(total, 1)) * 30)
        rate = done / seconds if seconds else 0.0
        self.stdout.write(
            f"[{bar:<30}] {done}/{total}, {rate:.0f} a second", ending="\r" if self.stdout.isatty() else "\n"
        )
