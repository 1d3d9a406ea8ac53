"""Who gets what from the assistant, search and recommendations (lifestring/testing/matrix.py says how to read this)."""

from typing import Any

from accounts.models import UserRecommendation
from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person

# Whoever may ask a model something is told that the tests set up none; visitors' questions are switched off.
MATRIX = """
                                                anonymous stranger connected blocked member owner mod admin suspended
POST   /api/ai/chat                             401       503      503       503     503    503   503 503   403
GET    /api/ai/chats                            401       200      200       200     200    200   200 200   200
DELETE /api/ai/chat/{room_id}                   401       403      403       403     200    200   403 403   403
POST   /api/ai/chat/{room_id}/cancel            401       403      403       403     200    200   403 403   403
GET    /api/ai/chat/{room_id}/history           401       403      403       403     200    200   403 403   403
POST   /api/ai/chat/{room_id}/message           401       403      403       403     503    503   403 403   403
POST   /api/ai/chat/{room_id}/regenerate        401       403      403       403     503    503   403 403   403
POST   /api/ai/chat/{room_id}/stream            401       403      403       403     200    200   403 403   403
POST   /api/ai/lifestring-chat                  401       503      503       503     503    503   503 503   403
POST   /api/ai/lifestring-chat-public           404       404      404       404     404    404   404 404   404
POST   /api/ai/summarize-to-string              401       403      403       403     503    503   403 403   403
POST   /api/ai/execute-action                   401       200      200       403     200    200   200 200   403
GET    /api/ai/usage                            401       200      200       200     200    200   200 200   200
GET    /api/recommendations                     401       200      200       200     200    200   200 200   200
POST   /api/recommendations                     401       201      201       422     201    422   201 201   403
POST   /api/recommendations/generate            401       200      200       200     200    200   200 200   403
GET    /api/recommendations/{recommendation_id} 401       403      403       403     403    200   403 403   403
PUT    /api/recommendations/{recommendation_id} 401       403      403       403     403    200   403 403   403
DELETE /api/recommendations/{recommendation_id} 401       403      403       403     403    204   403 403   403
GET    /api/recommended/strings                 401       200      200       200     200    200   200 200   200
GET    /api/recommended/users                   401       200      200       200     200    200   200 200   200
GET    /api/search?q=string                     401       200      200       200     200    200   200 200   200
POST   /api/users/{user}/embed/create           401       403      403       404     403    503   403 503   403
POST   /api/users/{user}/generateSimilarUsers   401       403      403       404     403    200   403 200   403
"""

IDS = """
                                                id                        asker  stranger's  nobody's  another-kind
DELETE /api/ai/chat/{room_id}                   room_id                   owner  403         404       404
POST   /api/ai/chat/{room_id}/cancel            room_id                   owner  403         404       404
GET    /api/ai/chat/{room_id}/history           room_id                   owner  403         404       404
POST   /api/ai/chat/{room_id}/message           room_id                   owner  403         404       404
POST   /api/ai/chat/{room_id}/regenerate        room_id                   owner  403         404       404
POST   /api/ai/chat/{room_id}/stream            room_id                   owner  403         404       404
POST   /api/ai/lifestring-chat                  body.context.room_id      owner  403         404       404
POST   /api/ai/summarize-to-string              body.room_id              owner  403         404       404
POST   /api/recommendations                     body.user_id              owner  403         403       403
POST   /api/recommendations                     body.recommended_user_id  owner  201         422       422
GET    /api/recommendations/{recommendation_id} recommendation_id         owner  403         404       404
PUT    /api/recommendations/{recommendation_id} recommendation_id         owner  403         404       404
DELETE /api/recommendations/{recommendation_id} recommendation_id         owner  403         404       404
POST   /api/users/{user}/embed/create           user                      owner  403         404       404
POST   /api/users/{user}/generateSimilarUsers   user                      owner  403         404       404
"""

BODIES: dict[str, Any] = {
    "POST /api/ai/chat": {"initial_message": "Who plays chess?"},
    "POST /api/ai/chat/{room_id}/message": {"content": "Who plays chess?"},
    "POST /api/ai/chat/{room_id}/stream": {"content": "Who plays chess?"},
    "POST /api/ai/lifestring-chat": {"message": "Who plays chess?"},
    "POST /api/ai/lifestring-chat-public": {"message": "What is this?"},
    "POST /api/ai/summarize-to-string": {"room_id": "{room_id}"},
    "POST /api/ai/execute-action": {"action_type": "join_event", "action_data": {"event_id": "{event_id}"}},
    "POST /api/recommendations": {"recommended_user_id": "{recommended_user_id}"},
    "PUT /api/recommendations/{recommendation_id}": {"status": "accepted"},
    "POST /api/recommendations/generate": {"limit": 5},
}


def things(owner: Person, cast: Cast) -> Ids:
    """The member, recommended to the owner."""
    made = UserRecommendation.objects.create(
        user_id=owner.user_id, recommended_user_id=cast.member.user_id, similarity_score="0.5"
    )
    return {"recommendation_id": str(made.id), "recommended_user_id": str(owner.user_id)}
