"""`manage.py dev`: the whole product with its own servers (docs/configuration.md, Local mode)."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from lifestring.local import supervisor
from lifestring.local.options import add_arguments


class Command(BaseCommand):
    """Lists the command in `manage.py help`; manage.py itself runs it without Django, whose settings need servers."""

    help = "Run PostgreSQL, Redis, web service, worker and scheduler on this machine until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of a local run."""
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, and leave with the supervisor's exit code."""
        argv = ["--host", options["host"], "--port", str(options["port"])]
        argv += ["--data", str(options["data"])] if options["data"] else []
        argv += ["--expose"] if options["expose"] else []
        argv += ["--ai", options["ai"]] if options["ai"] else []
        sys.exit(supervisor.main(argv))
