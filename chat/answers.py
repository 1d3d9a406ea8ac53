"""What rooms and messages look like in answers, for the OpenAPI document; chat/shapes.py renders them."""

from typing import Any

from rest_framework import serializers

from accounts.answers import ALICE_ID, AuthorAnswer
from lifestring.openapi.envelopes import BASE_URL
from lifestring.openapi.fields import Answer

Json = dict[str, Any]


class MessageLinksAnswer(Answer):
    """Where a message and its room are."""

    self = serializers.URLField()
    room = serializers.URLField()


class MessageAnswer(Answer):
    """What somebody said in a room."""

    id = serializers.UUIDField()
    room_id = serializers.UUIDField()
    user_id = serializers.UUIDField(help_text="The author.")
    content = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    links = MessageLinksAnswer()
    user = AuthorAnswer(allow_null=True, required=False, help_text="With `include=user`: the author.")


class WrittenMessageAnswer(MessageAnswer):
    """A message as it was just written."""

    seq = serializers.IntegerField(
        min_value=1,
        allow_null=True,
        help_text=(
            "Its place in the room's log. Null where an `Idempotency-Key` repeats a message whose entry has been "
            "trimmed since."
        ),
    )


ROOM_ID = "2f6d8c1a-7b3e-4a95-8e0d-1c2b3a4f5e6d"
MESSAGE_ID = "8a7b6c5d-4e3f-4d2c-9b1a-0f1e2d3c4b5a"
MESSAGE: Json = {
    "id": MESSAGE_ID,
    "room_id": ROOM_ID,
    "user_id": ALICE_ID,
    "content": "Who brings the board?",
    "created_at": "2026-11-23T09:57:00.000000Z",
    "updated_at": "2026-11-23T09:57:00.000000Z",
    "links": {
        "self": f"{BASE_URL}/api/rooms/{ROOM_ID}/messages/{MESSAGE_ID}",
        "room": f"{BASE_URL}/api/rooms/{ROOM_ID}",
    },
}
