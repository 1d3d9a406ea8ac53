"""The routes of single questions to the assistant, which keep nothing (docs/api.md, AI)."""

from functools import partial

from django.conf import settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from accounts.callers import caller_of
from ai.availability import check_available
from ai.oneturn.turn import Asked, OneTurn, one_turn, public_turn
from ai.oneturn_openapi import one_turn_docs, public_turn_docs, summary_docs
from ai.public_door import one_at_a_time
from ai.serializers import OneTurnSerializer, PublicTurnSerializer, SummarizeSerializer
from ai.summaries import summarized
from chat.access import member_of
from lifestring.addresses import client_address
from lifestring.errors import NotFoundError
from lifestring.later import LaterResponse
from lifestring.links import base_url
from lifestring.views import ApiViewSet, validated


@one_turn_docs
class OneTurnViewSet(ApiViewSet):
    """One message and its answer."""

    def create(self, request: Request) -> LaterResponse:
        """Answer a message."""
        values = validated(OneTurnSerializer(data=request.data))
        check_available()
        context = values["context"] or {"history": []}
        asked = Asked(message=values["message"], history=context["history"], profile_data=values["profile_data"] or {})
        return LaterResponse(partial(one_turn, caller_of(request), asked, base=base_url(request)))


@public_turn_docs
class PublicTurnViewSet(ApiViewSet):
    """One message of a visitor's and its answer."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def create(self, request: Request) -> LaterResponse:
        """Answer a visitor's message, where that is switched on."""
        if not settings.AI_PUBLIC_CHAT:
            raise NotFoundError("There is nothing at this address.")
        message = validated(PublicTurnSerializer(data=request.data))["message"]
        check_available()
        return LaterResponse(partial(_answered, message, client_address(request)))


async def _answered(message: str, address: str) -> OneTurn:
    async with one_at_a_time(address):
        return await public_turn(message, address)


@summary_docs
class SummaryViewSet(ApiViewSet):
    """A string made of a conversation."""

    def create(self, request: Request) -> LaterResponse:
        """Draft it."""
        caller = caller_of(request)
        room_id = validated(SummarizeSerializer(data=request.data))["room_id"]
        member_of(room_id, caller)
        check_available()
        return LaterResponse(partial(summarized, caller, room_id))
