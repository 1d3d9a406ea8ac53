"""Who gets what from the routes of rooms and messages (lifestring/testing/matrix.py says how to read this).

The owner has written the message, in a room of hers and the member's.
"""

from typing import Any

from accounts.assistant import assistant_id
from chat.models import Message, RoomParticipant
from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room

MATRIX = """
                                                   anonymous stranger connected blocked member owner mod admin suspended
GET    /api/my/rooms                               401       200      200       200     200    200   200 200   200
GET    /api/rooms                                  401       200      200       200     200    200   200 200   200
POST   /api/rooms                                  401       201      201       422     201    201   201 201   403
GET    /api/rooms/{room_id}                        401       403      403       403     200    200   403 403   403
PUT    /api/rooms/{room_id}                        401       403      403       403     200    200   403 403   403
PATCH  /api/rooms/{room_id}                        401       403      403       403     200    200   403 403   403
DELETE /api/rooms/{room_id}                        401       403      403       403     204    204   403 403   403
GET    /api/rooms/{room_id}/log                    401       403      403       403     200    200   403 403   403
GET    /api/rooms/{room_id}/messages               401       403      403       403     200    200   403 403   403
POST   /api/rooms/{room_id}/messages               401       403      403       403     201    201   403 403   403
GET    /api/rooms/{room_id}/messages/{message_id}  401       403      403       403     200    200   403 403   403
PUT    /api/rooms/{room_id}/messages/{message_id}  401       403      403       403     403    200   403 403   403
PATCH  /api/rooms/{room_id}/messages/{message_id}  401       403      403       403     403    200   403 403   403
DELETE /api/rooms/{room_id}/messages/{message_id}  401       403      403       403     403    204   403 403   403
GET    /api/rooms/{room_id}/participants           401       403      403       403     200    200   403 403   403
POST   /api/rooms/{room_id}/participants           401       403      403       403     201    201   403 403   403
DELETE /api/rooms/{room_id}/participants/{user}    401       403      403       403     403    200   403 403   403
PUT    /api/rooms/{room_id}/read                   401       403      403       403     200    200   403 403   403
"""

IDS = """
                                                   id                    asker  stranger's  nobody's  another-kind
POST   /api/rooms                                  body.participant_ids  owner  201         422       422
GET    /api/rooms/{room_id}                        room_id               owner  403         404       404
PUT    /api/rooms/{room_id}                        room_id               owner  403         404       404
PATCH  /api/rooms/{room_id}                        room_id               owner  403         404       404
DELETE /api/rooms/{room_id}                        room_id               owner  403         404       404
GET    /api/rooms/{room_id}/log                    room_id               owner  403         404       404
GET    /api/rooms/{room_id}/messages               room_id               owner  403         404       404
POST   /api/rooms/{room_id}/messages               room_id               owner  403         404       404
GET    /api/rooms/{room_id}/messages/{message_id}  room_id               owner  403         404       404
GET    /api/rooms/{room_id}/messages/{message_id}  message_id            owner  404         404       404
PUT    /api/rooms/{room_id}/messages/{message_id}  room_id               owner  403         404       404
PUT    /api/rooms/{room_id}/messages/{message_id}  message_id            owner  404         404       404
PATCH  /api/rooms/{room_id}/messages/{message_id}  room_id               owner  403         404       404
PATCH  /api/rooms/{room_id}/messages/{message_id}  message_id            owner  404         404       404
DELETE /api/rooms/{room_id}/messages/{message_id}  room_id               owner  403         404       404
DELETE /api/rooms/{room_id}/messages/{message_id}  message_id            owner  404         404       404
GET    /api/rooms/{room_id}/participants           room_id               owner  403         404       404
POST   /api/rooms/{room_id}/participants           room_id               owner  403         404       404
POST   /api/rooms/{room_id}/participants           body.user_id          owner  201         422       422
DELETE /api/rooms/{room_id}/participants/{user}    room_id               owner  403         404       404
DELETE /api/rooms/{room_id}/participants/{user}    user                  owner  404         404       404
PUT    /api/rooms/{room_id}/read                   room_id               owner  403         404       404
PUT    /api/rooms/{room_id}/read                   body.message_id       owner  422         422       422
"""

_RENAMED = {"name": "renamed"}
_SAID = {"content": "said"}

BODIES: dict[str, Any] = {
    "POST /api/rooms": {"name": "new", "participant_ids": ["{participant_ids}"]},
    "PUT /api/rooms/{room_id}": _RENAMED,
    "PATCH /api/rooms/{room_id}": _RENAMED,
    "PUT /api/rooms/{room_id}/read": {"message_id": "{message_id}"},
    "POST /api/rooms/{room_id}/participants": {"user_id": "{newcomer}"},
    "POST /api/rooms/{room_id}/messages": _SAID,
    "PUT /api/rooms/{room_id}/messages/{message_id}": _SAID,
    "PATCH /api/rooms/{room_id}/messages/{message_id}": _SAID,
}


def things(owner: Person, cast: Cast) -> Ids:
    """A room of the owner's with a message in it, and somebody who is not in it yet; the assistant is told of it too."""
    room = make_room(owner, cast.member, metadata={"type": "ai_chat"})
    if assistant := assistant_id():
        RoomParticipant.objects.create(room_id=room, user_id=assistant)
    message = Message.objects.create(room_id=room, user_id=owner.user_id, content="hello")
    people = {"participant_ids": str(owner.user_id), "newcomer": str(cast.connected.user_id)}
    return {"room_id": str(room), "message_id": str(message.id), **people}
