"""`manage.py embed`: compute what embeddings are missing, and say first what that costs (docs/configuration.md, AI)."""

import random
import uuid
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from ai.claims import LEASE_SECONDS
from ai.clients.errors import ModelError, ModelRateLimitedError
from ai.embeddable import EVENTS, KINDS, PEOPLE, STRINGS, Kind, Text, Wanted, walk
from ai.embedding import Outcome, embed
from ai.prices import cost_of, tokens_in
from ai.services.embeddings import NO_MODEL

# So often a page is tried again, with pauses that double.
ATTEMPTS = 5
PAUSE_SECONDS = 2.0


def _time(given: str) -> datetime:
    """Read `--since`."""
    try:
        found = parse_datetime(given)
        day = None if found else parse_date(given)
    except ValueError:
        found = day = None
    if day is not None:
        found = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if found is None:
        raise ArgumentTypeError("a day or a time, such as 2026-11-23 or 2026-11-23T10:00:00Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Embeds all that can be; what has its embedding is passed over, so a run that broke off is simply repeated."""

    help = "Compute the embeddings of strings, people and events that are missing or outdated; may be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        kinds = parser.add_mutually_exclusive_group()
        kinds.add_argument("--strings", dest="kinds", action="store_const", const=(STRINGS,), help="strings only")
        kinds.add_argument("--people", dest="kinds", action="store_const", const=(PEOPLE,), help="people only")
        kinds.add_argument("--events", dest="kinds", action="store_const", const=(EVENTS,), help="events only")
        parser.set_defaults(kinds=KINDS)
        parser.add_argument(
            "--force", action="store_true", help="also those whose embedding is right; this costs again"
        )
        parser.add_argument("--since", type=_time, metavar="TIME", help="only what was changed since, in UTC")
        parser.add_argument("--user", type=uuid.UUID, metavar="USER_ID", help="only this person and their strings")
        parser.add_argument("--dry-run", action="store_true", help="say what it would cost, and no more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Estimate, then embed.

        Raises:
            CommandError: no model is set up, or it does not answer.
        """
        kinds: tuple[Kind, ...] = options["kinds"]
        force: bool = options["force"]
        wanted = Wanted(since=options["since"], user_id=options["user"])
        total = self._estimate(kinds, wanted, force=force)
        if options["dry_run"] or not total:
            return
        if not settings.EMBEDDINGS:
            raise CommandError(NO_MODEL)
        done = self._walk(kinds, wanted, total, force=force)
        if done.left:
            self.stderr.write(
                f"{done.left} are being embedded elsewhere, or were by what was killed: looking again in {LEASE_SECONDS} s."
            )
            sleep(LEASE_SECONDS)
            again = self._walk(kinds, wanted, done.left, force=False)
            done = done._replace(left=0).plus(again)
        self.stdout.write(
            f"Done: {done.embedded} embedded, {done.refused} refused by the model, {done.left} left to a worker."
        )

    def _walk(self, kinds: tuple[Kind, ...], wanted: Wanted, total: int, *, force: bool) -> Outcome:
        """Embed all that is wanted, and tell how far it is."""
        started = monotonic()
        done = Outcome()
        for kind in kinds:
            for page in _pages(kind, wanted, force=force):
                done = done.plus(self._embed(kind, page, force=force))
                self._tell(done, total, monotonic() - started)
        return done

    def _estimate(self, kinds: tuple[Kind, ...], wanted: Wanted, *, force: bool) -> int:
        """Say how much there is to do, and return it."""
        total = tokens = 0
        for kind in kinds:
            found = 0
            for page in _pages(kind, wanted, force=force):
                todo = [text for text in page if _is_paid_for(text, force=force)]
                found += len(todo)
                tokens += sum(tokens_in(text.input) for text in todo)
            self.stdout.write(f"{found} {kind.name} to embed")
            total += found
        cost = cost_of(settings.EMBED_MODEL, tokens)
        price = f"about ${cost:.4f}" if cost is not None else "AI_PRICES does not say what it costs"
        self.stdout.write(f"About {tokens} tokens with {settings.EMBED_MODEL}: {price}.")
        return total

    def _embed(self, kind: Kind, page: list[Text], *, force: bool) -> Outcome:
        """Embed one page, however often it takes; what is stored by then is not embedded again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return embed(kind, page, force=force)
            except ModelError as error:
                if attempt == ATTEMPTS:
                    raise CommandError(f"{error} What is done is stored: run it again to go on.") from error
                pause = PAUSE_SECONDS * 2**attempt * (0.5 + random.random())  # noqa: S311
                if isinstance(error, ModelRateLimitedError) and error.retry_after is not None:
                    pause += error.retry_after
                self.stderr.write(f"{error} Trying again in {pause:.0f} s.")
                sleep(pause)
        return Outcome()

    def _tell(self, done: Outcome, total: int, seconds: float) -> None:
        share = min(1.0, done.embedded / total)
        rate = done.embedded / seconds if seconds else 0.0
        bar = f"[{'#' * int(share * 30):<30}] {done.embedded}/{total}, {rate:.0f} a second"
        self.stdout.write(bar, ending="\r" if self.stdout.isatty() else "\n")


def _is_paid_for(text: Text, *, force: bool) -> bool:
    return bool(text.input) and (force or not text.is_current)


def _pages(kind: Kind, wanted: Wanted, *, force: bool) -> Iterator[list[Text]]:
    """The pages of what is wanted; of people the text tells those that are current, of others the database does."""
    return walk(kind, wanted._replace(only_suspect=kind is not PEOPLE and not force))
