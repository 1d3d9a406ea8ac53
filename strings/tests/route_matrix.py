"""Who gets what from the routes of strings and comments (lifestring/testing/matrix.py says how to read this)."""

from typing import Any

from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person
from strings.tests.posts import comment_row, like_row, string_row

MATRIX = """
                                                               anonymous stranger connected blocked member owner mod admin suspended
GET    /api/my/liked-strings                                   401       200      200       200     200    200   200 200   200
GET    /api/my/recent                                          401       200      200       200     200    200   200 200   200
GET    /api/my/strings                                         401       200      200       200     200    200   200 200   200
GET    /api/strings                                            401       200      200       200     200    200   200 200   200
POST   /api/strings                                            401       201      201       201     201    201   201 201   403
GET    /api/strings/{string_id}                                401       200      200       200     200    200   200 200   200
PUT    /api/strings/{string_id}                                401       403      403       403     403    200   200 200   403
PATCH  /api/strings/{string_id}                                401       403      403       403     403    200   200 200   403
DELETE /api/strings/{string_id}                                401       403      403       403     403    204   204 204   403
GET    /api/strings/{string_id}/comments                       401       200      200       200     200    200   200 200   200
POST   /api/strings/{string_id}/comments                       401       201      201       403     201    201   201 201   403
GET    /api/strings/{string_id}/comments/{comment_id}          401       200      200       404     200    200   200 200   200
PUT    /api/strings/{string_id}/comments/{comment_id}          401       403      403       404     403    200   200 200   403
PATCH  /api/strings/{string_id}/comments/{comment_id}          401       403      403       404     403    200   200 200   403
DELETE /api/strings/{string_id}/comments/{comment_id}          401       403      403       404     403    204   204 204   403
GET    /api/strings/{string_id}/comments/{comment_id}/replies  401       200      200       404     200    200   200 200   200
POST   /api/strings/{string_id}/like                           401       200      200       403     200    200   200 200   403
PUT    /api/strings/{string_id}/like                           401       200      200       403     200    200   200 200   403
DELETE /api/strings/{string_id}/like                           401       204      204       204     204    204   204 204   403
GET    /api/strings/{string_id}/likes                          401       200      200       200     200    200   200 200   200
"""

IDS = """
                                                               id                      asker  stranger's  nobody's  another-kind
GET    /api/strings                                            user_id                 owner  200         200       200
GET    /api/strings                                            stringable_id           owner  200         200       200
POST   /api/strings                                            body.stringable_id      owner  201         201       201
GET    /api/strings/{string_id}                                string_id               owner  200         404       404
PUT    /api/strings/{string_id}                                string_id               owner  403         404       404
PUT    /api/strings/{string_id}                                body.stringable_id      owner  200         200       200
PATCH  /api/strings/{string_id}                                string_id               owner  403         404       404
PATCH  /api/strings/{string_id}                                body.stringable_id      owner  200         200       200
DELETE /api/strings/{string_id}                                string_id               owner  403         404       404
GET    /api/strings/{string_id}/comments                       string_id               owner  200         404       404
POST   /api/strings/{string_id}/comments                       string_id               owner  201         404       404
POST   /api/strings/{string_id}/comments                       body.parent_comment_id  owner  422         422       422
GET    /api/strings/{string_id}/comments/{comment_id}          string_id               owner  404         404       404
GET    /api/strings/{string_id}/comments/{comment_id}          comment_id              owner  404         404       404
PUT    /api/strings/{string_id}/comments/{comment_id}          string_id               owner  404         404       404
PUT    /api/strings/{string_id}/comments/{comment_id}          comment_id              owner  404         404       404
PATCH  /api/strings/{string_id}/comments/{comment_id}          string_id               owner  404         404       404
PATCH  /api/strings/{string_id}/comments/{comment_id}          comment_id              owner  404         404       404
DELETE /api/strings/{string_id}/comments/{comment_id}          string_id               owner  404         404       404
DELETE /api/strings/{string_id}/comments/{comment_id}          comment_id              owner  404         404       404
GET    /api/strings/{string_id}/comments/{comment_id}/replies  string_id               owner  404         404       404
GET    /api/strings/{string_id}/comments/{comment_id}/replies  comment_id              owner  404         404       404
POST   /api/strings/{string_id}/like                           string_id               owner  200         404       404
PUT    /api/strings/{string_id}/like                           string_id               owner  200         404       404
DELETE /api/strings/{string_id}/like                           string_id               owner  204         404       404
GET    /api/strings/{string_id}/likes                          string_id               owner  200         404       404
"""

_ATTACHED = {"stringable_type": "String", "stringable_id": "{stringable_id}"}

BODIES: dict[str, Any] = {
    "POST /api/strings": {"content_text": "new", **_ATTACHED},
    "PUT /api/strings/{string_id}": {"content_text": "changed", **_ATTACHED},
    "PATCH /api/strings/{string_id}": {"content_text": "changed", **_ATTACHED},
    "POST /api/strings/{string_id}/comments": {"content": "new"},
    "PUT /api/strings/{string_id}/comments/{comment_id}": {"content": "changed"},
    "PATCH /api/strings/{string_id}/comments/{comment_id}": {"content": "changed"},
}


def things(owner: Person, cast: Cast) -> Ids:
    """A string of the owner's with a comment of their own on it."""
    string = string_row(owner)
    like_row(cast.connected, string)
    comment = str(comment_row(owner, string).id)
    ids = {"string_id": str(string.id), "comment_id": comment}
    return {**ids, "parent_comment_id": comment, "stringable_id": str(string.id), "user_id": str(owner.user_id)}
