"""What the OpenAPI document says of what the assistant costs; ai/usage_shapes.py renders it."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from lifestring.openapi.envelopes import envelope
from lifestring.openapi.fields import Answer
from lifestring.openapi.operations import answer, document

TAGS = ["Assistant"]


class UsedAnswer(Answer):
    """What was used within some time."""

    messages = serializers.IntegerField(min_value=0, help_text="How many answers were asked for.")
    tokens = serializers.IntegerField(min_value=0, help_text="Read and written.")
    prompt_tokens = serializers.IntegerField(min_value=0, help_text="Read by the model.")
    completion_tokens = serializers.IntegerField(min_value=0, help_text="Written by the model.")
    cost = serializers.FloatField(min_value=0, help_text="Dollars.")


class MessageLimitAnswer(Answer):
    """How many messages may be sent."""

    limit = serializers.IntegerField(min_value=1)
    left = serializers.IntegerField(min_value=0)
    renews_at = serializers.DateTimeField(help_text="When it is whole again.")


class InstallationLimitAnswer(Answer):
    """What everybody together may cost in a day."""

    is_used_up = serializers.BooleanField(help_text="The assistant answers nobody until it renews.")
    renews_at = serializers.DateTimeField()


class UsageLimitsAnswer(Answer):
    """What limits the caller; all are of the clock in UTC."""

    hour = MessageLimitAnswer(help_text="Of this hour.")
    day = MessageLimitAnswer(help_text="Of today.")
    installation = InstallationLimitAnswer()


class UsageAnswer(Answer):
    """What the caller asked of models, and what is left."""

    today = UsedAnswer(help_text="Since midnight, in UTC.")
    this_month = UsedAnswer(help_text="Since the first of the month, in UTC.")
    limits = UsageLimitsAnswer()


_TODAY = {"messages": 3, "tokens": 4210, "prompt_tokens": 3800, "completion_tokens": 410, "cost": 0.000585}
_MONTH = {"messages": 41, "tokens": 60_300, "prompt_tokens": 54_100, "completion_tokens": 6200, "cost": 0.00851}
_NEXT_HOUR, _TOMORROW = "2026-11-25T11:00:00.000000Z", "2026-11-26T00:00:00.000000Z"

usage_docs = document(
    list=extend_schema(
        operation_id="show_ai_usage",
        tags=TAGS,
        summary="Tell what the assistant cost the caller, and what is left",
        description=(
            "Tokens and cost of today and of this month, and how many messages may still be sent. Answers that are still "
            "being written are counted as messages, their tokens once they are done."
        ),
        responses={
            200: answer(
                envelope("UsageEnvelope", "One resource.", data=UsageAnswer()),
                "What was used, and what is left.",
                usage={
                    "data": {
                        "today": _TODAY,
                        "this_month": _MONTH,
                        "limits": {
                            "hour": {"limit": 100, "left": 98, "renews_at": _NEXT_HOUR},
                            "day": {"limit": 500, "left": 497, "renews_at": _TOMORROW},
                            "installation": {"is_used_up": False, "renews_at": _TOMORROW},
                        },
                    }
                },
            )
        },
    )
)
