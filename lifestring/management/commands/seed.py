"""`manage.py seed`: the demo world, or a crowd, for local mode and tests (docs/configuration.md, Local mode)."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

import bcrypt
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lifestring.local.files import create_private_json
from lifestring.seeding import plant_world
from lifestring.seeding.content import email_of
from lifestring.seeding.crowd import SCALES, Sizes, plant_crowd

# Known to everybody who reads this, which is why only local mode and tests may plant it.
DEMO_PASSWORD = "lifestring-demo"  # noqa: S105
# Supabase Auth's own cost and form (Go's bcrypt).
BCRYPT_COST, BCRYPT_PREFIX = 10, b"2a"
DEMO_ROLES = {"alice": "member", "emre": "moderator", "dana": "admin"}
FEWEST_STRINGS = 20


def _scale(given: str) -> Sizes | None:
    """Read `--scale`: None for the demo world, else the size of a crowd."""
    if given == "demo":
        return None
    strings = SCALES.get(given) or (int(given) if given.isascii() and given.isdigit() else 0)
    if strings < FEWEST_STRINGS:
        raise ArgumentTypeError(f"demo, {', '.join(SCALES)} or a number of strings from {FEWEST_STRINGS}")
    return Sizes(strings)


class Command(BaseCommand):
    """Stores the demo world and writes its sign-ins to DATA/demo.json, or stores a crowd."""

    help = "Fill the local database with the demo world: 25 people, 200 strings, rooms and events; or with a crowd."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="do nothing where anybody has a profile already")
        parser.add_argument("--number", type=int, default=1, help="chooses the world's random choices (default 1)")
        parser.add_argument(
            "--scale",
            type=_scale,
            default=None,
            metavar="|".join(("demo", *SCALES, "STRINGS")),
            help="demo (default), or a generated crowd: medium has 50,000 strings, large 1,000,000, with 5 likes and 2 "
            "messages for each; a number chooses another size",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Plant the world, or say that it is there.

        Raises:
            CommandError: not in local mode, or there is a crowd already.
        """
        # Accounts with a published password must never reach a database that is not this machine's own.
        if not settings.LOAD_SUPABASE_SCHEMA:
            raise CommandError("seed makes accounts with a known password: it runs in local mode only.")
        password_hash = bcrypt.hashpw(
            DEMO_PASSWORD.encode(), bcrypt.gensalt(BCRYPT_COST, prefix=BCRYPT_PREFIX)
        ).decode()
        if options["scale"]:
            self._plant_crowd(password_hash, options["scale"], options["number"])
            return
        planted = plant_world(
            password_hash=password_hash,
            number=options["number"],
            now=timezone.now(),
            only_if_empty=options["once"],
        )
        self._write_sign_ins()
        self.stdout.write("The demo world is planted." if planted else "Nothing to do: there are people here already.")

    def _plant_crowd(self, password_hash: str, sizes: Sizes, number: int) -> None:
        planted = plant_crowd(
            password_hash=password_hash, sizes=sizes, number=number, now=timezone.now(), say=self.stdout.write
        )
        if not planted:
            raise CommandError("There is a crowd here already; `make reset` starts over.")
        self.stdout.write("The crowd is planted.")

    def _write_sign_ins(self) -> None:
        """Write the sign-ins unless they are there; again after a run that was killed between world and file."""
        emails = {email_of(name): role for name, role in DEMO_ROLES.items()}
        present = set(
            apps.get_model("accounts.AuthUser").objects.filter(email__in=emails).values_list("email", flat=True)
        )
        sign_ins = [
            {"email": email, "password": DEMO_PASSWORD, "role": role}
            for email, role in emails.items()
            if email in present
        ]
        if sign_ins:
            create_private_json(settings.CONFIG.data / "demo.json", sign_ins)
