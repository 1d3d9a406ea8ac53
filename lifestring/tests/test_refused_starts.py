"""Nothing starts half: every kind of process refuses a bad configuration, and says why."""

import subprocess
import sys

import pytest

from lifestring.testing.environment import PROJECT
from lifestring.tests.test_config import PRODUCTION

COMMANDS = {
    "web": ["-m", "lifestring.web_server", "lifestring.asgi:application", "--port", "0"],
    "Daphne": ["-m", "daphne", "-p", "0", "lifestring.asgi:application"],
    "worker": ["-m", "dramatiq", "lifestring.worker", "--processes", "1", "--threads", "1"],
    "scheduler": ["manage.py", "crontab"],
    "migrations": ["manage.py", "migrate", "--no-input"],
    "doctor": ["manage.py", "doctor"],
}
WEAK = {**PRODUCTION, "SECRET_KEY": "too short to be one"}


@pytest.mark.serial
@pytest.mark.xdist_group("serial")
def test_every_process_refuses_and_says_why():
    # Without the tests' own variables, which would be taken for production's.
    variables = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_VERSION": "no .env is read", **WEAK}
    started = {
        name: subprocess.Popen(
            [sys.executable, *command],
            cwd=PROJECT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, command in COMMANDS.items()
    }
    for name, process in started.items():
        said, _ = process.communicate(timeout=60)
        assert process.returncode != 0, name
        assert "SECRET_KEY is too weak: give at least 32 random characters." in said, (name, said)
        if name not in {"Daphne", "worker"}:
            assert said.splitlines()[-1].startswith("The configuration is refused:"), (name, said)
