"""What the OpenAPI document says of conversations with the assistant."""

import json

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from ai.assistant.answers import (
    EVENTS,
    HISTORY,
    OPENED,
    TURN,
    CancelledAnswer,
    ConversationDeletedAnswer,
    HistoryAnswer,
    OpenedAnswer,
    TurnAnswer,
)
from ai.assistant.serializers import ChatCreateSerializer, ChatMessageSerializer
from chat.answers import ROOM, RoomAnswer
from chat.limits import MAX_MESSAGE
from chat.openapi import PAGING
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import page_examples, page_of
from lifestring.openapi.operations import (
    IDEMPOTENCY_KEY,
    SharedError,
    ai_budget_exceeded,
    ai_failed,
    ai_refused,
    ai_unavailable,
    answer,
    body,
    describe,
    document,
    not_a_member,
)

TAGS = ["Assistant"]
DEFAULT_HISTORY, MAX_HISTORY = 50, 200
ROOM_ID = parameters.in_path("room_id", "A room of the caller's with the assistant.")
NOT_IN_IT = not_a_member("The caller is not in the room.")
_NOT_ITS_ROOM = "It is a room without the assistant."

describe(
    ChatCreateSerializer,
    initial_message=f"What to say there at once, at most {MAX_MESSAGE:,} characters.",
    context_enabled="Whether answers draw on the caller's profile, and on what they could find by searching.",
)
describe(ChatMessageSerializer, content=f"At most {MAX_MESSAGE:,} characters, not blank.")

_BODY = body("question", {"content": "Who plays chess around here?"})
_EVENTS = "".join(f"data: {json.dumps(event)}\n\n" for event in EVENTS)
_STREAM = OpenApiResponse(
    {"type": "string"},
    description=(
        "Server-Sent Events, each a `data:` line of JSON with a `type`: `start` {user_message}, `token` {content} …, "
        "`tool` {name, result} …, and at last `done` {message_id, message, tokens, cost, sources, actions, cancelled} or "
        "`error` {code, message, and what else errors have}. Lines that begin with a colon keep the connection alive."
    ),
    examples=[OpenApiExample("turn", value=_EVENTS, response_only=True, media_type="text/event-stream")],
)
_STREAMED = (200, "text/event-stream")
_ANSWERED = answer(TurnAnswer, "The question and its answer.", turn=TURN)
_MODEL_FAILS = {
    422: ai_refused("A value breaks a rule, the assistant is still answering, or the model or moderation refuses."),
    429: ai_budget_exceeded("The hour's or the day's messages, or the installation's money, are used up."),
    502: ai_failed("The model gave no usable answer; what was asked is stored."),
    503: ai_unavailable("No model is set up, or it does not answer; what was asked is stored."),
}
_BUSY = ai_refused("A value breaks a rule, the assistant is still answering, or there is nothing to answer.")
_IN_ROOM = {400: SharedError("BadRequest", f"The body is not JSON, or: {_NOT_ITS_ROOM}"), 403: NOT_IN_IT}
_BARE_IN_ROOM = {400: SharedError("MalformedRequest", _NOT_ITS_ROOM), 403: NOT_IN_IT}

assistant_docs = document(
    list=extend_schema(
        operation_id="list_conversations",
        tags=TAGS,
        summary="List your rooms with the assistant",
        description="The last changed first unless told otherwise; they are in the list of all rooms as well.",
        parameters=PAGING,
        responses={200: answer(page_of(RoomAnswer), "Rooms.", **page_examples("/api/ai/chats", ROOM))},
    ),
    create=extend_schema(
        operation_id="start_conversation",
        tags=TAGS,
        summary="Make a room with the assistant",
        description=(
            "An `initial_message` is answered like any other, and the answer waited for. Where none comes, the room and "
            "the message are there all the same, and `error` says why."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=ChatCreateSerializer,
        examples=[body("room", {"context_enabled": True}), body("said", {"initial_message": "Hello!"})],
        responses={
            201: answer(OpenedAnswer, "The room.", room=OPENED),
            422: ai_refused("A value breaks a rule, or the assistant is still answering."),
            503: ai_unavailable("No model is set up, or no account speaks for the assistant."),
        },
    ),
    message=extend_schema(
        operation_id="ask_assistant",
        tags=TAGS,
        summary="Say something to the assistant",
        description=(
            "Answers when the assistant has answered. Both messages reach everybody in the room live. What was asked "
            "stays, also where no answer comes; `regenerate` then tries again. A client that goes away ends the answer."
        ),
        parameters=[ROOM_ID, IDEMPOTENCY_KEY],
        request=ChatMessageSerializer,
        examples=[_BODY],
        responses={200: _ANSWERED, **_IN_ROOM, **_MODEL_FAILS},
    ),
    stream=extend_schema(
        operation_id="stream_assistant",
        tags=TAGS,
        summary="Say something, and hear the answer as it comes",
        description="As `message`, told in pieces. What goes wrong after the start is an event.",
        parameters=[ROOM_ID, IDEMPOTENCY_KEY],
        request=ChatMessageSerializer,
        examples=[_BODY],
        responses={_STREAMED: _STREAM, **_IN_ROOM, 422: _BUSY},
    ),
    regenerate=extend_schema(
        operation_id="regenerate_answer",
        tags=TAGS,
        summary="Have the last question answered once more",
        description=(
            "In the place of its answer if it has one, which stays until the new one is there. Streamed with `stream`, or "
            "where `Accept` names `text/event-stream`."
        ),
        parameters=[ROOM_ID, parameters.flag("stream", "Tell of the answer as it comes.")],
        request=None,
        responses={200: _ANSWERED, _STREAMED: _STREAM, **_BARE_IN_ROOM, **_MODEL_FAILS},
    ),
    cancel=extend_schema(
        operation_id="cancel_answer",
        tags=TAGS,
        summary="End the answer under way",
        description="Whoever listens to it. What there is of it stays as the message.",
        parameters=[ROOM_ID],
        request=None,
        responses={
            200: answer(
                CancelledAnswer, "It ends within a second.", cancelled={"room_id": ROOM["id"], "cancelled": True}
            ),
            **_BARE_IN_ROOM,
        },
    ),
    history=extend_schema(
        operation_id="show_conversation",
        tags=TAGS,
        summary="Show a conversation",
        description="The newest messages, oldest first. Sources are looked at anew: what is gone or hidden is left out.",
        parameters=[
            ROOM_ID,
            parameters.limit(default=DEFAULT_HISTORY, most=MAX_HISTORY, description="How many messages at most."),
        ],
        responses={200: answer(HistoryAnswer, "Messages.", conversation={"messages": HISTORY}), **_BARE_IN_ROOM},
    ),
    destroy=extend_schema(
        operation_id="delete_conversation",
        tags=TAGS,
        summary="Delete a conversation",
        description="The room with all that was said in it.",
        parameters=[ROOM_ID],
        responses={
            200: answer(ConversationDeletedAnswer, "Gone.", deleted={"message": "Conversation deleted successfully"}),
            **_BARE_IN_ROOM,
        },
    ),
)
