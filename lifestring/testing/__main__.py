"""`python -m lifestring.testing [--without-servers] COMMAND …`: run a command in the environment of the tests.

Tools that import the settings (mypy's Django plugin, `manage.py check`) need its variables, some also its servers.
"""

import signal
import subprocess
import sys

from lifestring.local.processes import LocalError
from lifestring.testing.environment import NO_SERVER, ServerProcess, export


def main(argv: list[str]) -> int:
    """Run the command; returns its exit code."""
    without = argv[:1] == ["--without-servers"]
    command = argv[1:] if without else argv
    servers = ServerProcess()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        export(NO_SERVER if without else servers.start("postgres", "redis"))
        return subprocess.call(command)
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
