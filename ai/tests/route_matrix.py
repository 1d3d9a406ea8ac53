"""Who gets what from search (lifestring/testing/matrix.py says how to read this)."""

from typing import Any

from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person

MATRIX = """
                          anonymous stranger connected blocked member owner mod admin suspended
GET /api/search?q=string  401       200      200       200     200    200   200 200   200
"""

IDS = ""

BODIES: dict[str, Any] = {}


def things(owner: Person, cast: Cast) -> Ids:
    """Nothing is found that others do not own."""
    return {}
