"""The routes of conversations with the assistant (docs/api.md, AI)."""

import uuid
from functools import partial
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import Caller, caller_of
from ai import reads, services
from ai.assistant.answering import answer_to, question_shape, turn_events
from ai.assistant.openapi import DEFAULT_HISTORY, MAX_HISTORY, assistant_docs
from ai.assistant.rooms import assistant_room, open_room
from ai.assistant.serializers import ChatCreateSerializer, ChatMessageSerializer
from ai.assistant.shapes import history_shapes, turn_shape
from ai.availability import check_available
from ai.services import Turn
from chat import services as chat_services
from chat.columns import ROOM_COLUMNS
from chat.reads import as_seen
from chat.shapes import ROOM_COUNTS, ROOM_INCLUDES, room_shape_for, room_shapes
from chat.views import ORDERING
from lifestring import idempotency, listing
from lifestring.error_rendering import error_or_fault
from lifestring.errors import NotFoundError
from lifestring.later import EventStream, LaterResponse
from lifestring.links import base_url
from lifestring.pagination import Listing, paginate
from lifestring.rows import Row
from lifestring.views import ApiViewSet, validated

EVENT_STREAM = "text/event-stream"


@assistant_docs
class AssistantViewSet(ApiViewSet):
    """Rooms with the assistant, and what is said there."""

    limit_class = dict.fromkeys(("create", "message", "stream", "regenerate"), "ai")

    def list(self, request: Request) -> Response:
        """List the caller's rooms with the assistant, the last changed first unless told otherwise."""
        include = listing.names(request, "include", ROOM_INCLUDES)
        counts = listing.names(request, "withCount", ROOM_COUNTS)

        def render(page: list[Row]) -> Any:
            return room_shapes(page, base=base_url(request), include=include, counts=counts)

        found = Listing(reads.assistant_rooms, (caller_of(request),), ORDERING, ROOM_COLUMNS, annotate=as_seen)
        return Response(paginate(request, found, render))

    def create(self, request: Request) -> HttpResponseBase:
        """Make a room with the assistant and, where something is said, have it answered."""
        caller = caller_of(request)
        values = validated(ChatCreateSerializer(data=request.data))
        check_available(needs_bot=True)
        room_id = idempotency.new_id(request, caller.user_id)
        open_room(caller, room_id, has_context=values["context_enabled"])
        opened = {"room_id": room_id, "room": _room(request, room_id, caller)}
        content = values.get("initial_message")
        if content is None:
            return Response(opened, status=201)
        first = uuid.uuid5(room_id, "initial_message")
        turn = services.turn_begin(caller=caller, room_id=room_id, message_id=first, content=content)
        return LaterResponse(partial(_opened, opened, turn, base_url(request)), status=201)

    def message(self, request: Request, room_id: uuid.UUID) -> HttpResponseBase:
        """Say something, and answer when the assistant has answered."""
        return LaterResponse(partial(_answered, _asked(request, room_id), base_url(request)))

    def stream(self, request: Request, room_id: uuid.UUID) -> HttpResponseBase:
        """Say something, and tell of the answer as it comes."""
        return EventStream(turn_events(_asked(request, room_id), base_url(request)))

    def regenerate(self, request: Request, room_id: uuid.UUID) -> HttpResponseBase:
        """Answer the last question once more, in the place of its answer."""
        caller = caller_of(request)
        assistant_room(room_id, caller)
        turn = services.turn_repeat(caller=caller, room_id=room_id)
        if listing.flag(request, "stream") or EVENT_STREAM in request.headers.get("Accept", ""):
            return EventStream(turn_events(turn, base_url(request)))
        return LaterResponse(partial(_answered, turn, base_url(request)))

    def cancel(self, request: Request, room_id: uuid.UUID) -> Response:
        """End the answer under way; what there is of it stays."""
        caller = caller_of(request)
        assistant_room(room_id, caller)
        turn_id = services.turn_cancel(caller=caller, room_id=room_id)
        return Response({"room_id": room_id, "cancelled": turn_id is not None})

    def history(self, request: Request, room_id: uuid.UUID) -> Response:
        """Show the newest messages, oldest first."""
        caller = caller_of(request)
        limit = listing.limit(request, default=DEFAULT_HISTORY, most=MAX_HISTORY)
        assistant_room(room_id, caller)
        return Response({"messages": history_shapes(room_id, caller=caller, base=base_url(request), limit=limit)})

    def destroy(self, request: Request, room_id: uuid.UUID) -> Response:
        """Delete a room with all that was said in it."""
        caller = caller_of(request)
        assistant_room(room_id, caller)
        chat_services.room_delete(caller=caller, room_id=room_id)
        return Response({"message": "Conversation deleted successfully"})


def _room(request: Request, room_id: uuid.UUID, caller: Caller) -> Any:
    shape = room_shape_for(room_id, caller=caller, base=base_url(request))
    if shape is None:
        raise NotFoundError
    return shape


def _asked(request: Request, room_id: uuid.UUID) -> Turn:
    """Store what is said, and take the assistant's turn."""
    caller = caller_of(request)
    assistant_room(room_id, caller)
    content = validated(ChatMessageSerializer(data=request.data))["content"]
    message_id = idempotency.new_id(request, caller.user_id)
    return services.turn_begin(caller=caller, room_id=room_id, message_id=message_id, content=content)


async def _answered(turn: Turn, base: str) -> Any:
    done = await answer_to(turn, base)
    return turn_shape(question_shape(turn, base), done)


async def _opened(opened: dict[str, Any], turn: Turn, base: str) -> Any:
    """A new room and its first turn; the room is there, and its id is told, also where no answer comes."""
    question = question_shape(turn, base)
    try:
        done = await answer_to(turn, base)
    except Exception as exc:
        error = error_or_fault(exc)
        problem = {"code": str(error.code), "message": error.message}
        return {**opened, "message": question, "ai_message": None, "error": problem}
    shape = turn_shape(question, done)
    return {**opened, "message": shape.pop("user_message"), **shape}
