"""What rooms and messages look like in answers, for the OpenAPI document; chat/shapes.py renders them."""

from typing import Any

from rest_framework import serializers

from accounts.answers import ALICE_ID, AUTHOR, BOB_ID, AuthorAnswer
from chat.limits import MOST_PARTICIPANTS, MOST_UNREAD
from chat.models import LogKind
from lifestring.openapi.envelopes import BASE_URL
from lifestring.openapi.fields import Answer, FreeObjectField

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


NEWCOMER_ID = "c5a1b2d3-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
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


class RoomLinksAnswer(Answer):
    """Where a room is."""

    self = serializers.URLField()


class SharedRoomAnswer(Answer):
    """A room as everybody in it sees it."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)
    metadata = FreeObjectField(help_text="The clients' own; `type` is `ai_chat` in rooms with the assistant.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="When it was last changed or something was said in it.")
    links = RoomLinksAnswer()


class RoomAnswer(SharedRoomAnswer):
    """A room as the caller sees it."""

    unread_count = serializers.IntegerField(
        min_value=0,
        max_value=MOST_UNREAD,
        help_text="Messages of others after the last one the caller has read; 10000 also where there are more.",
    )
    participants_count = serializers.IntegerField(
        min_value=0, required=False, help_text="With `withCount=participants`."
    )
    messages_count = serializers.IntegerField(min_value=0, required=False, help_text="With `withCount=messages`.")
    participants = AuthorAnswer(
        many=True,
        required=False,
        help_text=f"With `include=participants`: the first {MOST_PARTICIPANTS}; the route has all of them.",
    )
    latest_message = MessageAnswer(
        allow_null=True, required=False, help_text="With `include=messages`; null where nothing was said."
    )
    messages = MessageAnswer(
        many=True,
        required=False,
        help_text="With `include=messages`: in lists the newest one, for one room a page of them.",
    )


class WrittenRoomAnswer(RoomAnswer):
    """A room as it was just written."""

    seq = serializers.IntegerField(min_value=0, help_text="How far the room's log has come with it.")


class ParticipantAddedAnswer(Answer):
    """Somebody is in the room."""

    message = serializers.CharField()
    seq = serializers.IntegerField(min_value=1, help_text="Its place in the room's log.")


class ParticipantRemovedAnswer(Answer):
    """Somebody is out of the room."""

    message = serializers.CharField()
    room_deleted = serializers.BooleanField(help_text="Whether it was the last one, and the room is gone.")
    seq = serializers.IntegerField(
        min_value=1, allow_null=True, help_text="Its place in the room's log; null where the room is gone."
    )


class ReadStateAnswer(Answer):
    """How far the caller has read a room."""

    room_id = serializers.UUIDField()
    message_id = serializers.UUIDField(help_text="The last message read, which is never an earlier one than before.")
    unread_count = serializers.IntegerField(min_value=0, max_value=MOST_UNREAD)


class LogEntryAnswer(Answer):
    """One thing that happened in a room; which fields there are beyond the first five depends on `type`."""

    type = serializers.ChoiceField([str(kind) for kind in LogKind])
    room_id = serializers.UUIDField()
    seq = serializers.IntegerField(min_value=1)
    at = serializers.DateTimeField()
    by = serializers.UUIDField(
        allow_null=True, help_text="Who did it; null where it was another client, or they have been erased."
    )
    message = MessageAnswer(
        required=False, help_text="`message.created` and `message.updated`: the message as it is now, with `user`."
    )
    message_id = serializers.UUIDField(required=False, help_text="`message.deleted`.")
    user_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="`participant.added` and `.removed`; null where erased since."
    )
    user = AuthorAnswer(required=False, allow_null=True, help_text="`participant.added`.")
    room = SharedRoomAnswer(required=False, help_text="`room.updated`: the room as it is now.")


class LogMetaAnswer(Answer):
    """Where the log is."""

    seq = serializers.IntegerField(min_value=0, help_text="The room's newest number.")
    has_more = serializers.BooleanField(help_text="There is more after the last entry: ask again with its `seq`.")
    reset = serializers.BooleanField(
        help_text="The log does not reach back that far: read the messages, and go on with `since` set to `seq`."
    )


ROOM: Json = {
    "id": ROOM_ID,
    "name": "Chess on Sundays",
    "metadata": {"type": "group"},
    "created_at": "2026-11-20T09:00:00.000000Z",
    "updated_at": "2026-11-23T09:57:00.000000Z",
    "links": {"self": f"{BASE_URL}/api/rooms/{ROOM_ID}"},
    "unread_count": 2,
}
READ_STATE: Json = {"room_id": ROOM_ID, "message_id": MESSAGE_ID, "unread_count": 0}
_ENTRY: Json = {"room_id": ROOM_ID, "at": "2026-11-23T09:57:00.000000Z", "by": ALICE_ID}
LOG: list[Json] = [
    {"type": "participant.removed", **_ENTRY, "seq": 417, "user_id": BOB_ID},
    {"type": "message.created", **_ENTRY, "seq": 418, "message": {**MESSAGE, "user": AUTHOR}},
]
