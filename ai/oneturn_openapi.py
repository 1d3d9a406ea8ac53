"""What the OpenAPI document says of single questions to the assistant."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers

from accounts.answers import PROFILE, UserAnswer
from ai.assistant.answers import ProposedActionAnswer
from ai.oneturn.answering import INTENTS, MAX_SUGGESTIONS
from ai.oneturn.looking import MOST_SHOWN
from ai.serializers import (
    MAX_HISTORY,
    MAX_PUBLIC_MESSAGE,
    OneTurnSerializer,
    PublicTurnSerializer,
    SaidSerializer,
    SummarizeSerializer,
    TurnContextSerializer,
)
from chat.answers import ROOM, ROOM_ID, RoomAnswer
from chat.limits import MAX_MESSAGE
from events.answers import JOIN, JoinAnswer
from lifestring.openapi.envelopes import envelope
from lifestring.openapi.fields import JSON_BOUNDS
from lifestring.openapi.operations import answer, asks_a_model, body, describe, document, not_a_member

TAGS = ["Assistant"]

describe(OneTurnSerializer, message=f"At most {MAX_MESSAGE:,} characters.",
         context="What it is said in; other keys are ignored.",
         profile_data="What the person has told the client of themselves, flat or as in a profile; of it the model "
         f"hears what is known of `attributes` and `biography`, and no contact data. {JSON_BOUNDS}")  # fmt: skip
describe(TurnContextSerializer, room_id="A room with the assistant, where message and answer are then kept.",
         history="What was said before, where there is no room, the oldest first; "
         f"at most {MAX_HISTORY}.")  # fmt: skip
describe(SaidSerializer, role="Who said it.", content=f"At most {MAX_MESSAGE:,} characters.")
describe(PublicTurnSerializer, message=f"At most {MAX_PUBLIC_MESSAGE:,} characters.")
describe(SummarizeSerializer, room_id="A room the caller is in, of whatever kind.")


_FIELDS: dict[str, Any] = {
    "message": serializers.CharField(help_text="What the assistant says."),
    "intent": serializers.ChoiceField(INTENTS, help_text="What the person seems to want."),
    "confidence": serializers.FloatField(min_value=0, max_value=1, help_text="How sure the model is of that."),
    "actions": ProposedActionAnswer(many=True, help_text="What the person may confirm."),
    "suggestions": serializers.ListField(
        child=serializers.CharField(), help_text=f"What they might say next, {MAX_SUGGESTIONS} at most."
    ),
    "joins": JoinAnswer(many=True, help_text=f"Joins there are to what was asked for, {MOST_SHOWN} at most."),
    "groupChats": RoomAnswer(many=True, help_text="The caller's own rooms whose names fit."),
    "people": UserAnswer(many=True, help_text="People there are to what was asked for."),
    "tokens": serializers.IntegerField(min_value=0, help_text="Read and written by the model."),
    "cost": serializers.FloatField(min_value=0, help_text="In dollars."),
}
OneTurnAnswer = envelope("OneTurn", "An answer, and what belongs to it.", **_FIELDS)
DraftAnswer = envelope(
    "StringDraft",
    "A draft; nothing is posted.",
    string_suggestion=serializers.CharField(help_text="Text for a string, to be changed and posted."),
    room_id=serializers.UUIDField(),
)

_NOTHING: dict[str, Any] = {"actions": [], "joins": [], "groupChats": [], "people": []}
_TURN: dict[str, Any] = {
    "message": "There is a join in the park that would suit you.",
    "intent": "find_events",
    "confidence": 0.9,
    "actions": [
        {
            "action_type": "join_event",
            "action_data": {"event_id": JOIN["id"]},
            "label": "Say that you come to “Chess in the park”",
            "idempotency_key": "0d5c3b1a-9f8e-5d7c-8b6a-594837261504",
        }
    ],
    "suggestions": ["Who else plays chess?"],
    "joins": [JOIN],
    "groupChats": [{**ROOM, "participants_count": 2}],
    "people": [PROFILE],
    "tokens": 1480,
    "cost": 0.000204,
}
_VISITOR: dict[str, Any] = {
    **_NOTHING,
    "message": "A social network about what people are really like.",
    "intent": "help",
    "confidence": 0.95,
    "suggestions": ["How do I sign up?"],
    "tokens": 420,
    "cost": 0.00006,
}

one_turn_docs = document(
    create=extend_schema(
        operation_id="ask_the_assistant",
        tags=TAGS,
        summary="Ask the assistant one thing",
        description=(
            "One message and its answer. Nothing is stored, unless `context.room_id` names a room with the assistant, where "
            "it is then as if it was said there (`intent` is `chat`, and nobody is sure of it). What is shown beside the "
            "answer is read from the database, as far as the caller may see it, and what is proposed could be done; neither "
            "is taken from the model on trust."
        ),
        request=OneTurnSerializer,
        examples=[
            body("question", {"message": "Who plays chess around here?"}),
            body(
                "going_on",
                {
                    "message": "And at the weekend?",
                    "context": {"history": [{"role": "user", "content": "Is there chess in the park?"}]},
                    "profile_data": {"interests": ["chess"]},
                },
            ),
        ],
        responses={
            200: answer(OneTurnAnswer, "The answer.", answer=_TURN),
            403: not_a_member("The caller is not in the room, or may not write at all."),
            404: OpenApiResponse(description="There is no such room."),
            **asks_a_model("A value breaks a rule, the assistant is still answering there, or the model refuses it."),
        },
    )
)

public_turn_docs = document(
    create=extend_schema(
        operation_id="ask_as_a_visitor",
        tags=TAGS,
        summary="Ask the assistant without an account",
        description=(
            "Where `AI_PUBLIC_CHAT` is on, and 404 where it is not. The assistant knows what Lifestring is, and nobody in "
            "it: the lists are empty. Each address has its own limits by the hour and the day, and one question at a time."
        ),
        request=PublicTurnSerializer,
        examples=[body("question", {"message": "What is this?"})],
        responses={
            200: answer(OneTurnAnswer, "The answer.", answer=_VISITOR),
            404: OpenApiResponse(description="It is switched off."),
            **asks_a_model(),
        },
    )
)

summary_docs = document(
    create=extend_schema(
        operation_id="summarize_to_string",
        tags=TAGS,
        summary="Draft a string from a conversation",
        description=(
            "From the newest messages of a room the caller is in. The draft is for the caller to change and post; nobody "
            "else is named to the model. 422 on `room_id` where nothing has been said."
        ),
        request=SummarizeSerializer,
        examples=[body("room", {"room_id": ROOM_ID})],
        responses={
            200: answer(
                DraftAnswer,
                "The draft.",
                draft={"string_suggestion": "We are meeting for chess in the park on Sunday.", "room_id": ROOM_ID},
            ),
            403: not_a_member("The caller is not in the room, or may not write at all."),
            404: OpenApiResponse(description="There is no such room."),
            **asks_a_model("A value breaks a rule, nothing has been said, or the model refuses it."),
        },
    )
)
