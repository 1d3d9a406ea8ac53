"""`manage.py seed`: the demo world, for local mode and tests (docs/configuration.md, Local mode)."""

from argparse import ArgumentParser
from typing import Any

import bcrypt
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lifestring.local.files import create_private_json
from lifestring.seeding import plant_world
from lifestring.seeding.content import email_of

# Known to everybody who reads this, which is why only local mode and tests may plant it.
DEMO_PASSWORD = "lifestring-demo"  # noqa: S105
# Supabase Auth's own cost and form (Go's bcrypt).
BCRYPT_COST, BCRYPT_PREFIX = 10, b"2a"
DEMO_ROLES = {"alice": "member", "emre": "moderator", "dana": "admin"}


class Command(BaseCommand):
    """Stores the demo world and writes its sign-ins to DATA/demo.json."""

    help = "Fill the local database with the demo world: 25 people, 200 strings, rooms and events."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="do nothing where anybody has a profile already")
        parser.add_argument("--number", type=int, default=1, help="chooses the world's random choices (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plant the world, or say that it is there."""
        # Accounts with a published password must never reach a database that is not this machine's own.
        if not settings.LOAD_SUPABASE_SCHEMA:
            raise CommandError("seed makes accounts with a known password: it runs in local mode only.")
        planted = plant_world(
            password_hash=bcrypt.hashpw(
                DEMO_PASSWORD.encode(), bcrypt.gensalt(BCRYPT_COST, prefix=BCRYPT_PREFIX)
            ).decode(),
            number=options["number"],
            now=timezone.now(),
            only_if_empty=options["once"],
        )
        self._write_sign_ins()
        self.stdout.write("The demo world is planted." if planted else "Nothing to do: there are people here already.")

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
