"""Who gets what from the routes of moderation (lifestring/testing/matrix.py says how to read this)."""

from typing import Any

from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person
from moderation.models import Sanction, SanctionKind
from strings.tests.posts import string_row

MATRIX = """
                          anonymous stranger connected blocked member owner mod admin suspended
GET  /api/my/reports      401       200      200       200     200    200   200 200   200
GET  /api/my/sanctions    401       200      200       200     200    200   200 200   200
POST /api/reports         401       201      201       201     201    422   201 201   403
POST /api/appeals         401       422      422       422     422    201   422 422   422
"""

IDS = """
                   id                asker  stranger's  nobody's  another-kind
POST /api/reports  body.target_id    owner  201         404       404
POST /api/appeals  body.sanction_id  owner  422         422       422
"""

BODIES: dict[str, Any] = {
    "POST /api/reports": {"target_type": "string", "target_id": "{target_id}", "reason": "spam"},
    "POST /api/appeals": {"sanction_id": "{sanction_id}", "text": "That was a quotation."},
}


def things(owner: Person, cast: Cast) -> Ids:
    """A string of the owner's that was flagged, and a warning."""
    string = string_row(owner)
    sanction = Sanction.objects.create(person_id=owner.user_id, kind=SanctionKind.WARNING, reason="Be kind.")
    return {"target_id": str(string.id), "sanction_id": str(sanction.id)}
