"""The short form of `make rolling`: a web process and a worker are replaced under load (docs/deploy.md, Rolling restarts)."""

import pytest

from lifestring.testing.programs import said_by


@pytest.mark.serial
@pytest.mark.xdist_group("serial")
def test_replacing_processes_loses_nothing() -> None:
    said = said_by("lifestring.testing.rolling", "--short", seconds=150)
    assert "nothing was lost" in said
    assert "0 failed" in said
