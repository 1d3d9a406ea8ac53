"""The short form of `make chaos-rooms`: everything beneath the rooms breaks once, and nobody misses anything (docs/live.md)."""

import pytest

from lifestring.testing.programs import said_by


@pytest.mark.serial
@pytest.mark.xdist_group("serial")
def test_nobody_misses_anything_whatever_breaks() -> None:
    assert "everything held" in said_by("lifestring.testing.chaos", "--short", seconds=100)
