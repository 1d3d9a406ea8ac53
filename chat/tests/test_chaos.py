"""The short form of `make chaos-rooms`: everything beneath the rooms breaks once, and nobody misses anything (docs/live.md)."""

import os
import signal
import subprocess
import sys

import pytest

from lifestring.testing.environment import PROJECT

# With servers of its own, as those of this run serve other tests.
COMMAND = [sys.executable, "-m", "lifestring.testing.chaos", "--short"]


@pytest.mark.serial
@pytest.mark.xdist_group("serial")
def test_nobody_misses_anything_whatever_breaks() -> None:
    process = subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PROJECT, env=os.environ
    )
    try:
        said, _ = process.communicate(timeout=100)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "everything held" in said
