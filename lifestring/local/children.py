"""The commands a supervisor runs, each in a session of its own so that Ctrl-C reaches the supervisor alone."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lifestring.local.files import last_lines
from lifestring.local.folder import SUPERVISED
from lifestring.local.logs import open_log
from lifestring.local.plan import Command
from lifestring.local.processes import wait_until
from lifestring.local.state import PROJECT


class Child:
    """One running command, its output in DATA/logs/NAME.log."""

    def __init__(self, command: Command, data: Path) -> None:
        self.command = command
        self.log = data / "logs" / f"{command.name}.log"
        with open_log(self.log) as log:
            self._offset = log.seek(0, os.SEEK_END)
            self._process = subprocess.Popen(
                command.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
                env={**os.environ, "LIFESTRING_DATA": str(data), SUPERVISED: str(data), "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.poll()

    def said(self) -> str:
        """The last lines it wrote in this run."""
        return last_lines(self.log, since=self._offset)

    def terminate(self) -> None:
        """Ask the command, and not its children, to stop: they are its own to end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        """End the command and everything it started, now."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def stop_all(children: Sequence[Child], grace: float) -> None:
    """Ask all to stop, wait up to `grace` seconds for them together, then kill what is left of each."""
    for child in children:
        child.terminate()
    wait_until(lambda: all(child.exit_code is not None for child in children), grace)
    for child in children:
        child.kill()
