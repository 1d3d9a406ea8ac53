"""Programs of `make` in their short form, as tests run them: with servers of their own, as those of the run serve others."""

import os
import signal
import subprocess
import sys

from lifestring.testing.environment import PROJECT


def said_by(module: str, *arguments: str, seconds: float) -> str:
    """Run `python -m module` and return what it printed.

    Args:
        module: the program.
        arguments: of its command line.
        seconds: after so long it is told to stop, and given half a minute to clean up.

    Raises:
        AssertionError: it did not end well; the message is what it printed.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=PROJECT,
        env=os.environ,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    if process.returncode:
        raise AssertionError(said)
    return said
