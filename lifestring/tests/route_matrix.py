"""Who gets what from the routes of the service itself (lifestring/testing/matrix.py says how to read this)."""

from typing import Any

from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person

MATRIX = """
                      anonymous stranger connected blocked member owner mod admin suspended
GET /up               200       200      200       200     200    200   200 200   200
GET /ready            200       200      200       200     200    200   200 200   200
GET /metrics          404       404      404       404     404    404   404 404   404
GET /api/schema       200       200      200       200     200    200   200 200   200
GET /api/live-schema  200       200      200       200     200    200   200 200   200
GET /api/docs         200       200      200       200     200    200   200 200   200
"""

IDS = ""

BODIES: dict[str, Any] = {}


def things(owner: Person, cast: Cast) -> Ids:
    """Nothing here belongs to anybody."""
    return {}
