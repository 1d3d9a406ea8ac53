"""The routes of single questions to the assistant (docs/api.md, AI)."""

import uuid
from functools import partial

from django.conf import settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from accounts.callers import Caller, caller_of
from ai.assistant.rooms import assistant_room
from ai.availability import check_available
from ai.oneturn.turn import Asked, OneTurn, one_turn, public_turn, turn_in_room
from ai.oneturn_openapi import one_turn_docs, public_turn_docs, summary_docs
from ai.public_door import one_at_a_time
from ai.serializers import OneTurnSerializer, PublicTurnSerializer, SummarizeSerializer
from ai.services import Turn, turn_begin
from ai.summaries import summarized
from chat.access import member_of
from lifestring.errors import NotFoundError
from lifestring.later import LaterResponse
from lifestring.links import base_url
from lifestring.throttling import client_address
from lifestring.views import ApiViewSet, validated


@one_turn_docs
class OneTurnViewSet(ApiViewSet):
    """One message and its answer."""

    limit_class = "ai"

    def create(self, request: Request) -> LaterResponse:
        """Answer a message."""
        caller = caller_of(request)
        values = validated(OneTurnSerializer(data=request.data))
        context = values["context"] or {"history": [], "room_id": None}
        if context["room_id"] is not None:
            turn = _begun(caller, context["room_id"], values["message"])
            return LaterResponse(partial(turn_in_room, turn, base=base_url(request)))
        check_available()
        asked = Asked(message=values["message"], history=context["history"], profile_data=values["profile_data"] or {})
        return LaterResponse(partial(one_turn, caller, asked, base=base_url(request)))


def _begun(caller: Caller, room_id: uuid.UUID, message: str) -> Turn:
    assistant_room(room_id, caller)
    check_available(needs_bot=True)
    return turn_begin(caller=caller, room_id=room_id, message_id=uuid.uuid4(), content=message)


@public_turn_docs
class PublicTurnViewSet(ApiViewSet):
    """One message of a visitor's and its answer."""

    limit_class = "ai"
    authentication_classes = []
    permission_classes = [AllowAny]

    def create(self, request: Request) -> LaterResponse:
        """Answer a visitor's message, where that is switched on."""
        if not settings.AI_PUBLIC_CHAT:
            raise NotFoundError("There is nothing at this address.")
        message = validated(PublicTurnSerializer(data=request.data))["message"]
        check_available()
        return LaterResponse(partial(_answered, message, client_address(request._request)))


async def _answered(message: str, address: str) -> OneTurn:
    async with one_at_a_time(address):
        return await public_turn(message, address)


@summary_docs
class SummaryViewSet(ApiViewSet):
    """A string made of a conversation."""

    limit_class = "ai"

    def create(self, request: Request) -> LaterResponse:
        """Draft it."""
        caller = caller_of(request)
        room_id = validated(SummarizeSerializer(data=request.data))["room_id"]
        member_of(room_id, caller)
        check_available()
        return LaterResponse(partial(summarized, caller, room_id))
