"""What recommendations look like in answers, for the OpenAPI document; ai/shapes.py renders them."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from accounts.answers import ALICE_ID, BOB_ID, PROFILE, UserAnswer
from accounts.models import RecommendationStatus
from lifestring.openapi.envelopes import CursorLinksAnswer, CursorMetaAnswer, PageLinksAnswer, PageMetaAnswer, envelope
from lifestring.openapi.fields import Answer, FreeObjectField
from strings.answers import StringPostAnswer

_SCORE = "How alike the two are, from 0 to 1."


class RecommendationAnswer(Answer):
    """A person recommended to another."""

    id = serializers.UUIDField()
    user_id = serializers.UUIDField(help_text="Whom it is for.")
    recommended_user_id = serializers.UUIDField(help_text="Who is recommended.")
    similarity_score = serializers.FloatField(min_value=0, max_value=1, help_text=_SCORE)
    status = serializers.ChoiceField(RecommendationStatus.choices)
    context = FreeObjectField(help_text="Why: usually `shared_interests`, and the `source`, `meaning` or `interests`.")  # type: ignore[assignment]
    metadata = FreeObjectField(help_text="`context` under its old name.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    recommended_user = UserAnswer(
        allow_null=True, required=False, help_text="With `include=recommendedUser`; null where no profile exists."
    )


class SimilarUserAnswer(UserAnswer):
    """A person like the caller."""

    similarity_score = serializers.FloatField(min_value=0, max_value=1, help_text=_SCORE)
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="What both care about, as the other person wrote it."
    )


class SuitableStringAnswer(StringPostAnswer):
    """A string that suits the caller."""

    similarity = serializers.FloatField(
        min_value=0,
        max_value=1,
        allow_null=True,
        help_text="How alike it is to what the caller is about, to 4 decimals; null for recent strings.",
    )


GeneratedAnswer = envelope(
    "Generated",
    "Recommendations made anew.",
    message=serializers.CharField(),
    count=serializers.IntegerField(min_value=0, help_text="How many there are in `data`."),
    data=RecommendationAnswer(many=True),
)
ProcessedAnswer = envelope(
    "GeneratedForUser",
    "How many recommendations were made anew.",
    message=serializers.CharField(),
    recommendations_processed=serializers.IntegerField(min_value=0),
)
SimilarUsersAnswer = envelope("SimilarUsers", "People like the caller.", data=SimilarUserAnswer(many=True))
_MESSAGE = "Only where these are recent strings, not similar ones; says so, and why."
SuitableStringsAnswer = PolymorphicProxySerializer(
    "SuitableStringList",
    [
        envelope(
            "SuitableStringPage",
            "A numbered page.",
            data=SuitableStringAnswer(many=True),
            links=PageLinksAnswer(),
            meta=PageMetaAnswer(),
            message=serializers.CharField(required=False, help_text=_MESSAGE),
        ),
        envelope(
            "SuitableStringCursorPage",
            "A page of a walk by cursor.",
            data=SuitableStringAnswer(many=True),
            links=CursorLinksAnswer(),
            meta=CursorMetaAnswer(),
            message=serializers.CharField(required=False, help_text=_MESSAGE),
        ),
    ],
    None,
    many=False,
)

RECOMMENDATION_ID = "c2b7e6a1-0d3f-4a58-9b1e-7f6d5c4b3a29"
RECOMMENDATION: dict[str, Any] = {
    "id": RECOMMENDATION_ID,
    "user_id": BOB_ID,
    "recommended_user_id": ALICE_ID,
    "similarity_score": 0.5303,
    "status": "generated",
    "context": {"source": "meaning", "shared_interests": ["chess", "climbing"]},
    "metadata": {"source": "meaning", "shared_interests": ["chess", "climbing"]},
    "created_at": "2026-11-23T09:57:00.000000Z",
    "updated_at": "2026-11-23T09:57:00.000000Z",
}
SIMILAR_USER: dict[str, Any] = {**PROFILE, "similarity_score": 0.5303, "reasons": ["chess", "climbing"]}
