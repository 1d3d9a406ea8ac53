"""What conversations with the assistant look like in answers, for the OpenAPI document (ai/assistant/shapes.py)."""

from typing import Any

from rest_framework import serializers

from accounts.answers import BOB_ID
from chat.answers import MESSAGE, ROOM, MessageAnswer, RoomAnswer, WrittenMessageAnswer
from lifestring.openapi.envelopes import envelope
from lifestring.openapi.fields import Answer

BOT_ID = "a1f5e57a-1d5f-4c0e-9a11-0c0ffee0b075"
_COST = "What it cost, in dollars."
_CANCELLED = "Whether it was cancelled; what there was of it is the message."


class SourceAnswer(Answer):
    """Something an answer was made from; only what the caller may see now."""

    type = serializers.ChoiceField(["string", "user", "event"])
    id = serializers.UUIDField(help_text="Which; of a person the `user_id`.")
    title = serializers.CharField(help_text="What it is called, or how it begins.")


ProposedActionAnswer = envelope(
    "ProposedAction",
    "Something the assistant would do for the caller, who has to confirm it by POST /ai/execute-action.",
    action_type=serializers.CharField(),
    action_data=serializers.DictField(),
    label=serializers.CharField(help_text="What to write on the button."),
    idempotency_key=serializers.CharField(help_text="To be sent along as `Idempotency-Key`: done once, however often."),
)


class HistoryMessageAnswer(MessageAnswer):
    """A message of a conversation with the assistant."""

    is_assistant = serializers.BooleanField(help_text="Whether the assistant said it.")
    sources = SourceAnswer(many=True, required=False, help_text="Of the assistant's answers.")
    actions = ProposedActionAnswer(
        many=True, required=False, help_text="Of the assistant's answers; empty for others than who asked."
    )


def _turn(*, required: bool) -> dict[str, Any]:
    return {
        "tokens_used": serializers.IntegerField(
            min_value=0, required=required, help_text="Read and written by the model."
        ),
        "cost": serializers.FloatField(min_value=0, required=required, help_text=_COST),
        "sources": SourceAnswer(many=True, required=required),
        "actions": ProposedActionAnswer(many=True, required=required),
        "cancelled": serializers.BooleanField(required=required, help_text=_CANCELLED),
    }


TurnAnswer = envelope(
    "AssistantTurn",
    "A question and its answer.",
    user_message=WrittenMessageAnswer(),
    ai_message=WrittenMessageAnswer(allow_null=True, help_text="Null where it was cancelled before anything came."),
    **_turn(required=True),
)
OpenedAnswer = envelope(
    "AssistantRoom",
    "A room with the assistant; what follows `room` only with an `initial_message`.",
    room_id=serializers.UUIDField(),
    room=RoomAnswer(),
    message=WrittenMessageAnswer(required=False, help_text="What the caller said."),
    ai_message=WrittenMessageAnswer(required=False, allow_null=True, help_text="The answer; null where none came."),
    error=envelope(
        "AssistantProblem", "Why no answer came.", code=serializers.CharField(), message=serializers.CharField()
    )(required=False, help_text="Only where no answer came: the room and the message are there all the same."),
    **_turn(required=False),
)
HistoryAnswer = envelope("AssistantHistory", "A conversation.", messages=HistoryMessageAnswer(many=True))
CancelledAnswer = envelope(
    "AssistantCancelled",
    "What there was to cancel.",
    room_id=serializers.UUIDField(),
    cancelled=serializers.BooleanField(help_text="False where no answer was under way."),
)
ConversationDeletedAnswer = envelope("ConversationDeleted", "It is gone.", message=serializers.CharField())

_BOT = {"id": BOB_ID, "user_id": BOT_ID, "name": "Lifestring Assistant", "is_admin": False, "is_mod": False}
_SOURCE = {"type": "string", "id": "0b7e5d2a-3f1c-4a68-9d40-6c5b8a7e9f12", "title": "Blitz in the park on Sunday"}
QUESTION = {**MESSAGE, "content": "Who plays chess around here?", "user": None, "seq": 1}
SAID = {**MESSAGE, "user_id": BOT_ID, "content": "Bob does: he looks for company on Sunday.", "user": _BOT, "seq": 2}
TURN = {
    "user_message": QUESTION,
    "ai_message": SAID,
    "tokens_used": 1402,
    "cost": 0.000164,
    "sources": [_SOURCE],
    "actions": [],
    "cancelled": False,
}
OPENED = {"room_id": ROOM["id"], "room": ROOM}
HISTORY = [
    {**{name: value for name, value in QUESTION.items() if name != "seq"}, "is_assistant": False},
    {
        **{name: value for name, value in SAID.items() if name != "seq"},
        "is_assistant": True,
        "sources": [_SOURCE],
        "actions": [],
    },
]
EVENTS = [
    {"type": "start", "user_message": QUESTION},
    {"type": "token", "content": "Bob does: "},
    {"type": "token", "content": "he looks for company on Sunday."},
    {
        "type": "done",
        "message_id": SAID["id"],
        "message": SAID,
        "tokens": TURN["tokens_used"],
        **{name: TURN[name] for name in ("cost", "sources", "actions", "cancelled")},
    },
]
