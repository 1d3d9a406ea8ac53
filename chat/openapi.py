"""What the OpenAPI document says of rooms and who is in them; of messages, chat/message_openapi.py."""

from drf_spectacular.utils import OpenApiParameter, extend_schema

from accounts.answers import AUTHOR, AuthorAnswer
from chat.answers import (
    LOG,
    MESSAGE_ID,
    NEWCOMER_ID,
    READ_STATE,
    ROOM,
    LogEntryAnswer,
    LogMetaAnswer,
    ParticipantAddedAnswer,
    ParticipantRemovedAnswer,
    ReadStateAnswer,
    RoomAnswer,
    WrittenRoomAnswer,
)
from chat.limits import DEFAULT_LOG, MAX_LOG, MAX_NAME, MAX_PARTICIPANTS, MOST_PARTICIPANTS
from chat.message_openapi import NOT_IN_IT
from chat.message_openapi import ROOM as ROOM_PARAMETER
from chat.serializers import ParticipantSerializer, ReadSerializer, RoomCreateSerializer, RoomWriteSerializer
from lifestring.listing import DEFAULT_PER_PAGE, MAX_PER_PAGE
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import envelope, one, page_examples, page_of
from lifestring.openapi.fields import JSON_BOUNDS
from lifestring.openapi.operations import (
    IDEMPOTENCY_KEY,
    answer,
    blocked_or_not_a_member,
    body,
    describe,
    document,
    not_a_member,
    nothing,
)

TAGS = ["Rooms"]
PATH = f"/api/rooms/{ROOM['id']}"
INCLUDE = parameters.include(
    f"`participants` the first {MOST_PARTICIPANTS}; `messages` the newest one, also as `latest_message`; "
    "`messages.user` these with their authors.",
    "participants",
    "messages",
    "messages.user",
)
COUNTS = parameters.with_count("participants", "messages")
PAGING = [*parameters.paging("updated_at", "created_at", "name", default="updated_at"), INCLUDE, COUNTS]
MESSAGES_PAGE = [
    parameters.limit(
        default=DEFAULT_PER_PAGE,
        most=MAX_PER_PAGE,
        name="messages_per_page",
        description="How many messages, where they are included.",
    ),
    OpenApiParameter(
        "messages_sort_dir",
        {"type": "string", "enum": ["asc", "desc"], "default": "desc"},
        description="`desc` the newest messages, `asc` the oldest. Other values are ignored.",
    ),
]
SINCE = OpenApiParameter(
    "since",
    {"type": "integer", "minimum": 0, "maximum": 2**63 - 1, "default": 0, "examples": [0]},
    description="The last number that is known. One beyond the newest gets 422.",
)

describe(
    RoomWriteSerializer,
    name=f"At most {MAX_NAME} characters; blank is none.",
    metadata=f"Replaces what was there. {JSON_BOUNDS}",
)
describe(
    RoomCreateSerializer,
    name=f"At most {MAX_NAME} characters; blank is none.",
    metadata=JSON_BOUNDS,
    participant_ids=f"At most {MAX_PARTICIPANTS} people beside the caller, who is always in.",
)
describe(ParticipantSerializer, user_id="Whom.")
describe(ReadSerializer, message_id="The last message read, in this room.")

_WRITTEN = {"data": {**ROOM, "seq": 0}}

room_docs = document(
    **{
        name: extend_schema(
            operation_id=operation_id,
            tags=TAGS,
            summary=summary,
            description="The last changed or spoken in first, unless told otherwise; nameless ones last by name.",
            parameters=PAGING,
            responses={200: answer(page_of(RoomAnswer), "Rooms.", **page_examples(address, ROOM))},
        )
        for name, operation_id, address, summary in (
            ("list", "list_rooms", "/api/rooms", "List the rooms you are in"),
            ("mine", "list_my_rooms", "/api/my/rooms", "List the rooms you are in, by its older name"),
        )
    },
    create=extend_schema(
        operation_id="create_room",
        tags=TAGS,
        summary="Make a room",
        description=(
            "The caller is always in. 422 on `participant_ids.N` where that person does not exist, or a block stands "
            "between them and the caller or another of them."
        ),
        parameters=[IDEMPOTENCY_KEY, INCLUDE, COUNTS],
        request=RoomCreateSerializer,
        examples=[body("room", {"name": "Chess on Sundays", "participant_ids": [NEWCOMER_ID]})],
        responses={
            201: answer(one(WrittenRoomAnswer), "The new room.", room=_WRITTEN),
            403: not_a_member("The key repeats a room that the caller has left since, or the caller may not write."),
        },
    ),
    retrieve=extend_schema(
        operation_id="show_room",
        tags=TAGS,
        summary="Show a room",
        description="With `include=messages` a page of them.",
        parameters=[ROOM_PARAMETER, INCLUDE, COUNTS, *MESSAGES_PAGE],
        responses={200: answer(one(RoomAnswer), "The room.", room={"data": ROOM}), 403: NOT_IN_IT},
    ),
    update=[
        extend_schema(
            operation_id=operation_id,
            methods=[method],
            tags=TAGS,
            summary="Change a room",
            description="Changes the fields given; PUT and PATCH do the same. For everybody in it.",
            parameters=[ROOM_PARAMETER, INCLUDE, COUNTS],
            request=RoomWriteSerializer,
            examples=[body("rename", {"name": "Chess on Saturdays"})],
            responses={
                200: answer(one(WrittenRoomAnswer), "The room as it is now.", room=_WRITTEN),
                403: NOT_IN_IT,
            },
        )
        for method, operation_id in (("PUT", "put_room"), ("PATCH", "patch_room"))
    ],
    destroy=extend_schema(
        operation_id="delete_room",
        tags=TAGS,
        summary="Delete a room",
        description="With all that was said in it, for everybody. Everybody in it may.",
        parameters=[ROOM_PARAMETER],
        responses={204: nothing("Deleted."), 403: NOT_IN_IT},
    ),
    read=extend_schema(
        operation_id="read_room",
        tags=TAGS,
        summary="Mark a room as read up to a message",
        description="It only moves forwards: an earlier message than the one noted changes nothing.",
        parameters=[ROOM_PARAMETER],
        request=ReadSerializer,
        examples=[body("read", {"message_id": MESSAGE_ID})],
        responses={200: answer(one(ReadStateAnswer), "How far it is read.", read={"data": READ_STATE}), 403: NOT_IN_IT},
    ),
    log=extend_schema(
        operation_id="list_room_log",
        tags=TAGS,
        summary="Replay what happened in a room",
        description=(
            "For clients without a socket: everything after `since`, in order and without a hole. Messages are shown "
            "as they are now; every entry about a deleted one is a `message.deleted`. The log reaches back 30 days "
            "unless configured otherwise; from before that, `meta.reset` is true and nothing is told."
        ),
        parameters=[ROOM_PARAMETER, SINCE, parameters.limit(default=DEFAULT_LOG, most=MAX_LOG)],
        responses={
            200: answer(
                envelope("RoomLog", "A stretch of a room's log.", data=LogEntryAnswer(many=True), meta=LogMetaAnswer()),
                "What happened.",
                entries={"data": LOG, "meta": {"seq": 418, "has_more": False, "reset": False}},
                reset={"data": [], "meta": {"seq": 418, "has_more": False, "reset": True}},
            ),
            403: NOT_IN_IT,
        },
    ),
)

_LEFT = {"message": "Participant removed successfully", "room_deleted": False, "seq": 419}
_ENDED = {"message": "The last participant left; the room was deleted", "room_deleted": True, "seq": None}

participant_docs = document(
    list=extend_schema(
        operation_id="list_participants",
        tags=TAGS,
        summary="List who is in a room",
        description="Everybody, also people a block stands between.",
        parameters=[ROOM_PARAMETER, *parameters.paging("user_id", default="user_id", descending=False)],
        responses={
            200: answer(page_of(AuthorAnswer), "People.", **page_examples(f"{PATH}/participants", AUTHOR)),
            403: NOT_IN_IT,
        },
    ),
    create=extend_schema(
        operation_id="add_participant",
        tags=TAGS,
        summary="Bring somebody into a room",
        description="422 where there is no such person, or they are in it already.",
        parameters=[ROOM_PARAMETER],
        request=ParticipantSerializer,
        examples=[body("newcomer", {"user_id": NEWCOMER_ID})],
        responses={
            201: answer(
                ParticipantAddedAnswer, "They are in.", added={"message": "Participant added successfully", "seq": 419}
            ),
            403: blocked_or_not_a_member(
                "The caller is not in the room, or a block stands between the person and somebody who is."
            ),
        },
    ),
    destroy=extend_schema(
        operation_id="remove_participant",
        tags=TAGS,
        summary="Leave a room, or take somebody out",
        description="Oneself, or anybody as an admin or moderator who is in it. The last one out deletes the room.",
        parameters=[
            ROOM_PARAMETER,
            parameters.in_path("user", "The person's `user_id`; the profile's own id is understood too."),
        ],
        responses={
            200: answer(ParticipantRemovedAnswer, "They are out.", left=_LEFT, last=_ENDED),
            403: not_a_member("The caller is not in the room, or it is somebody else and the caller is no staff."),
        },
    ),
)
