"""What the OpenAPI document says of messages; of rooms, chat/openapi.py."""

from drf_spectacular.utils import OpenApiParameter, extend_schema

from chat.answers import MESSAGE, MESSAGE_ID, ROOM_ID, MessageAnswer, WrittenMessageAnswer
from chat.limits import MAX_MESSAGE
from chat.serializers import MessageWriteSerializer
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.operations import (
    IDEMPOTENCY_KEY,
    answer,
    body,
    describe,
    document,
    not_a_member,
    nothing,
)

TAGS = ["Rooms"]
PATH = f"/api/rooms/{ROOM_ID}/messages"
ROOM = parameters.in_path("room_id", "The room.")
MESSAGE_PARAMETER = parameters.in_path("message_id", "The message, in that room.")
INCLUDE = parameters.include("`user` the author.", "user")
NOT_IN_IT = not_a_member("The caller is not in the room.")
SINCE = OpenApiParameter(
    "since",
    {"type": "string", "maxLength": 200, "examples": ["2026-11-23T09:57:00.000000Z", MESSAGE_ID]},
    description="Only messages later than this time, or than the message with this id.",
)

describe(MessageWriteSerializer, content=f"At most {MAX_MESSAGE:,} characters, not blank.")

_BODY = body("message", {"content": "Who brings the board?"})
_WRITTEN = {"data": {**MESSAGE, "seq": 418}}

message_docs = document(
    list=extend_schema(
        operation_id="list_messages",
        tags=TAGS,
        summary="List the messages of a room",
        description="The newest first unless told otherwise; also those of people a block stands between.",
        parameters=[ROOM, *parameters.paging("created_at", default="created_at"), SINCE, INCLUDE],
        responses={
            200: answer(page_of(MessageAnswer), "Messages.", **page_examples(PATH, MESSAGE)),
            403: NOT_IN_IT,
        },
    ),
    create=extend_schema(
        operation_id="send_message",
        tags=TAGS,
        summary="Say something in a room",
        description="Every member who is connected gets it at once. The room's `updated_at` follows.",
        parameters=[ROOM, IDEMPOTENCY_KEY, INCLUDE],
        request=MessageWriteSerializer,
        examples=[_BODY],
        responses={201: answer(one(WrittenMessageAnswer), "The new message.", message=_WRITTEN), 403: NOT_IN_IT},
    ),
    retrieve=extend_schema(
        operation_id="show_message",
        tags=TAGS,
        summary="Show a message",
        description="One message, where it is in this room.",
        parameters=[ROOM, MESSAGE_PARAMETER, INCLUDE],
        responses={200: answer(one(MessageAnswer), "The message.", message={"data": MESSAGE}), 403: NOT_IN_IT},
    ),
    update=[
        extend_schema(
            operation_id=operation_id,
            methods=[method],
            tags=TAGS,
            summary="Change a message",
            description="Its text. For its author only: staff may delete a message, but not put words into it.",
            parameters=[ROOM, MESSAGE_PARAMETER, INCLUDE],
            request=MessageWriteSerializer,
            examples=[_BODY],
            responses={
                200: answer(one(WrittenMessageAnswer), "The message as it is now.", message=_WRITTEN),
                403: not_a_member("The caller is not in the room, or not the author."),
            },
        )
        for method, operation_id in (("PUT", "put_message"), ("PATCH", "patch_message"))
    ],
    destroy=extend_schema(
        operation_id="delete_message",
        tags=TAGS,
        summary="Delete a message",
        description="For its author, and for admins and moderators who are in the room.",
        parameters=[ROOM, MESSAGE_PARAMETER],
        responses={
            204: nothing("Deleted."),
            403: not_a_member("The caller is not in the room, or neither the author nor staff."),
        },
    ),
)
