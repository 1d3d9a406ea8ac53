"""Who gets what from the routes of people (lifestring/testing/matrix.py says how to read this).

Nobody keeps the accounts in these tests, so the routes that ask Supabase Auth get no further than 503.
"""

from typing import Any

from accounts.models import UserProfile
from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person, make_person

MATRIX = """
                                     anonymous stranger connected blocked member owner mod admin suspended
POST   /api/auth/login               503       503      503       503     503    503   503 503   503
POST   /api/auth/logout              401       503      503       503     503    503   503 503   503
POST   /api/auth/recover             503       503      503       503     503    503   503 503   503
POST   /api/auth/refresh             503       503      503       503     503    503   503 503   503
POST   /api/auth/register            503       503      503       503     503    503   503 503   503
GET    /api/enneagrams               401       200      200       200     200    200   200 200   200
GET    /api/me                       401       200      200       200     200    200   200 200   200
PUT    /api/me                       401       200      200       200     200    200   200 200   403
PATCH  /api/me                       401       200      200       200     200    200   200 200   403
DELETE /api/me                       401       204      204       204     204    204   204 204   403
GET    /api/me/export                401       200      200       200     200    200   200 200   200
GET    /api/users                    401       200      200       200     200    200   200 200   200
POST   /api/users                    401       403      403       403     403    403   403 201   403
GET    /api/users/{user}             401       200      200       404     200    200   200 200   200
PUT    /api/users/{user}             401       403      403       404     403    200   403 200   403
PATCH  /api/users/{user}             401       403      403       404     403    200   403 200   403
DELETE /api/users/{user}             401       403      403       404     403    204   403 204   403
GET    /api/users/{user}/enneagrams  401       200      200       404     200    200   200 200   200
POST   /api/users/{user}/enneagrams  401       403      403       404     403    200   403 200   403
DELETE /api/users/{user}/enneagrams  401       403      403       404     403    204   403 204   403
"""

IDS = """
                                     id            asker  stranger's  nobody's  another-kind
POST   /api/users                    body.user_id  admin  422         422       422
GET    /api/users/{user}             user          owner  200         404       404
PUT    /api/users/{user}             user          owner  403         404       404
PATCH  /api/users/{user}             user          owner  403         404       404
DELETE /api/users/{user}             user          owner  403         404       404
GET    /api/users/{user}/enneagrams  user          owner  200         404       404
POST   /api/users/{user}/enneagrams  user          owner  403         404       404
DELETE /api/users/{user}/enneagrams  user          owner  403         404       404
"""

_CREDENTIALS = {"email": "somebody@lifestring.example", "password": "a long passphrase"}
_PROFILE = {"biography": {"bio": "changed"}}

BODIES: dict[str, Any] = {
    "POST /api/auth/register": _CREDENTIALS,
    "POST /api/auth/login": _CREDENTIALS,
    "POST /api/auth/refresh": {"refresh_token": "a token"},
    "POST /api/auth/recover": {"email": "somebody@lifestring.example"},
    "PUT /api/me": _PROFILE,
    "PATCH /api/me": _PROFILE,
    "POST /api/users": {"user_id": "{account}"},
    "PUT /api/users/{user}": _PROFILE,
    "PATCH /api/users/{user}": _PROFILE,
    "POST /api/users/{user}/enneagrams": {"enneagram_ids": [4]},
    "DELETE /api/users/{user}/enneagrams": {"enneagram_ids": [4]},
}


def things(owner: Person, cast: Cast) -> Ids:
    """The owner, and an account that has no profile."""
    account = str(make_person("Newcomer").user_id)
    UserProfile.objects.filter(user_id=account).delete()
    return {"user": str(owner.user_id), "account": account}
