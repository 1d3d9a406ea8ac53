"""What clients may write about recommendations, actions and single turns (docs/api.md, People and AI)."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import RecommendationStatus
from ai.tools import ACTIONS
from chat.limits import MAX_MESSAGE
from lifestring.json_fields import IdField, JSONObjectField, ShortListField

DEFAULT_LIMIT = 10
MAX_LIMIT = 50
MAX_HISTORY = 20
MAX_PUBLIC_MESSAGE = 1_000


@extend_schema_field({"type": "number", "minimum": 0, "maximum": 1})
class ScoreField(serializers.DecimalField):
    """A likeness, with as many digits as its column holds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=5, decimal_places=4, min_value=Decimal(0), max_value=Decimal(1), **options)


class RecommendationUpdateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of PUT of a recommendation."""

    status = serializers.ChoiceField(RecommendationStatus.choices, required=False)
    similarity_score = ScoreField(required=False)
    context = JSONObjectField(required=False, allow_null=True)  # type: ignore[assignment]
    metadata = JSONObjectField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take `context` under its old name as well."""
        if "metadata" in attrs:
            attrs.setdefault("context", attrs.pop("metadata"))
            attrs.pop("metadata", None)
        return attrs


class RecommendationCreateSerializer(RecommendationUpdateSerializer):
    """The body of POST of a recommendation; whose it is need not be said."""

    user_id = IdField(required=False)
    recommended_user_id = IdField()
    similarity_score = ScoreField(default=Decimal(0))


class GenerateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST /recommendations/generate."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class ExecuteActionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST /ai/execute-action; what is in `action_data`, the action's own serializer checks."""

    action_type = serializers.ChoiceField(list(ACTIONS))
    action_data = serializers.DictField(default=dict)


class SaidSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """One of the messages that came before, as the client has them."""

    role = serializers.ChoiceField(["user", "assistant"])
    content = serializers.CharField(max_length=MAX_MESSAGE, trim_whitespace=False)


class TurnContextSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What a message is said in."""

    room_id = IdField(required=False, allow_null=True, default=None)
    history = ShortListField(child=SaidSerializer(), max_length=MAX_HISTORY, required=False, default=list)


class OneTurnSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST /ai/lifestring-chat."""

    message = serializers.CharField(max_length=MAX_MESSAGE)
    context = TurnContextSerializer(required=False, allow_null=True, default=None)  # type: ignore[assignment]
    profile_data = JSONObjectField(required=False, allow_null=True, default=None)


class PublicTurnSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST /ai/lifestring-chat-public."""

    message = serializers.CharField(max_length=MAX_PUBLIC_MESSAGE)


class SummarizeSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST /ai/summarize-to-string."""

    room_id = IdField()
