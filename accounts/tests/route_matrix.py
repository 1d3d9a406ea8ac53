"""Who gets what from the routes of people (lifestring/testing/matrix.py says how to read this).

Nobody keeps the accounts in these tests, so the routes that ask Supabase Auth get no further than 503. The owner has
asked the member for a connection; the moderator and the suspended have asked her.
"""

from typing import Any

from accounts.models import ConnectionStatus, UserProfile
from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person, connect, make_person

MATRIX = """
                                       anonymous stranger connected blocked member owner mod admin suspended
POST   /api/auth/login                 503       503      503       503     503    503   503 503   503
POST   /api/auth/logout                401       503      503       503     503    503   503 503   503
POST   /api/auth/recover               503       503      503       503     503    503   503 503   503
POST   /api/auth/refresh               503       503      503       503     503    503   503 503   503
POST   /api/auth/register              503       503      503       503     503    503   503 503   503
GET    /api/connections                401       200      200       200     200    200   200 200   200
POST   /api/connections                401       201      422       422     422    422   422 201   403
GET    /api/connections/accepted       401       200      200       200     200    200   200 200   200
GET    /api/connections/pending        401       200      200       200     200    200   200 200   200
GET    /api/connections/{user}         401       404      200       404     200    404   200 404   200
PUT    /api/connections/{user}         401       404      422       404     200    404   403 404   403
DELETE /api/connections/{user}         401       404      204       404     204    404   204 404   403
PUT    /api/connections/{user}/respond 401       404      422       404     200    404   403 404   403
GET    /api/discover                   401       200      200       200     200    200   200 200   200
GET    /api/enneagrams                 401       200      200       200     200    200   200 200   200
GET    /api/me                         401       200      200       200     200    200   200 200   200
PUT    /api/me                         401       200      200       200     200    200   200 200   403
PATCH  /api/me                         401       200      200       200     200    200   200 200   403
DELETE /api/me                         401       204      204       204     204    204   204 204   403
GET    /api/me/export                  401       200      200       200     200    200   200 200   200
GET    /api/my/blocks                  401       200      200       200     200    200   200 200   200
GET    /api/my/connections             401       200      200       200     200    200   200 200   200
GET    /api/my/pending-requests        401       200      200       200     200    200   200 200   200
GET    /api/users                      401       200      200       200     200    200   200 200   200
POST   /api/users                      401       403      403       403     403    403   403 201   403
GET    /api/users/{user}               401       200      200       404     200    200   200 200   200
PUT    /api/users/{user}               401       403      403       404     403    200   403 200   403
PATCH  /api/users/{user}               401       403      403       404     403    200   403 200   403
DELETE /api/users/{user}               401       403      403       404     403    204   403 204   403
POST   /api/users/{user}/block         401       201      201       404     201    422   201 201   403
DELETE /api/users/{user}/block         401       204      204       404     204    404   204 204   403
GET    /api/users/{user}/enneagrams    401       200      200       404     200    200   200 200   200
POST   /api/users/{user}/enneagrams    401       403      403       404     403    200   403 200   403
DELETE /api/users/{user}/enneagrams    401       403      403       404     403    204   403 204   403
"""

IDS = """
                                       id                asker  stranger's  nobody's  another-kind
POST   /api/connections                body.receiver_id  owner  201         422       422
GET    /api/connections/{user}         user              owner  404         404       404
PUT    /api/connections/{user}         user              owner  404         404       404
DELETE /api/connections/{user}         user              owner  404         404       404
PUT    /api/connections/{user}/respond user              owner  404         404       404
POST   /api/users                      body.user_id      admin  422         422       422
GET    /api/users/{user}               user              owner  200         404       404
PUT    /api/users/{user}               user              owner  403         404       404
PATCH  /api/users/{user}               user              owner  403         404       404
DELETE /api/users/{user}               user              owner  403         404       404
POST   /api/users/{user}/block         user              owner  201         404       404
DELETE /api/users/{user}/block         user              owner  204         404       404
GET    /api/users/{user}/enneagrams    user              owner  200         404       404
POST   /api/users/{user}/enneagrams    user              owner  403         404       404
DELETE /api/users/{user}/enneagrams    user              owner  403         404       404
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
    "POST /api/connections": {"receiver_id": "{receiver_id}"},
    "PUT /api/connections/{user}": {"status": "accepted"},
    "PUT /api/connections/{user}/respond": {"accept": True},
    "PUT /api/users/{user}": _PROFILE,
    "PATCH /api/users/{user}": _PROFILE,
    "POST /api/users/{user}/enneagrams": {"enneagram_ids": [4]},
    "DELETE /api/users/{user}/enneagrams": {"enneagram_ids": [4]},
}


def things(owner: Person, cast: Cast) -> Ids:
    """The owner, requests to and from them, and an account that has no profile."""
    connect(owner, cast.member, ConnectionStatus.PENDING)
    connect(cast.mod, owner, ConnectionStatus.PENDING)
    connect(cast.suspended, owner, ConnectionStatus.PENDING)
    account = str(make_person("Newcomer").user_id)
    UserProfile.objects.filter(user_id=account).delete()
    return {"user": str(owner.user_id), "receiver_id": str(owner.user_id), "account": account}
