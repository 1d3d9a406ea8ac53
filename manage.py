#!/usr/bin/env python
"""Django's command line for Lifestring; `manage.py help` lists the commands."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    if sys.argv[1:2] == ["dev"]:
        # Local mode starts the servers that the settings of every other command need.
        from lifestring.local.supervisor import main as run_local_mode

        sys.exit(run_local_mode(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # One sentence says it; where in the code it was noticed does not matter to whoever set the variables.
        sys.exit(f"The configuration is refused: {error}")


if __name__ == "__main__":
    main()
