"""The short form of `make rolling`: a web process and a worker are replaced under load (docs/deploy.md, Rolling restarts)."""

import os
import signal
import subprocess
import sys

import pytest

from lifestring.testing.environment import PROJECT

# With servers of its own, as those of this run serve other tests.
COMMAND = [sys.executable, "-m", "lifestring.testing.rolling", "--short"]


@pytest.mark.serial
@pytest.mark.xdist_group("serial")
def test_replacing_processes_loses_nothing() -> None:
    process = subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PROJECT, env=os.environ
    )
    try:
        said, _ = process.communicate(timeout=150)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "nothing was lost" in said
    assert "0 failed" in said
