"""What the OpenAPI document says of recommendations."""

from drf_spectacular.utils import OpenApiParameter, extend_schema

from accounts.answers import ALICE_ID, PROFILE
from accounts.models import RecommendationStatus
from ai.answers import (
    RECOMMENDATION,
    SIMILAR_USER,
    GeneratedAnswer,
    ProcessedAnswer,
    RecommendationAnswer,
    SimilarUsersAnswer,
    SuitableStringsAnswer,
)
from ai.serializers import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    GenerateSerializer,
    RecommendationCreateSerializer,
    RecommendationUpdateSerializer,
)
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.fields import JSON_BOUNDS
from lifestring.openapi.operations import answer, body, describe, document, forbidden
from lifestring.openapi.operations import nothing as no_content
from strings.answers import STRING
from strings.openapi import INCLUDE as STRING_INCLUDE

TAGS = ["Recommendations"]
INCLUDE = parameters.include("`recommendedUser` the person.", "recommendedUser")
ID = parameters.in_path("recommendation_id", "The recommendation's id.")
NOT_YOURS = forbidden("It is somebody else's.")
describe(
    RecommendationUpdateSerializer,
    status="`dismissed` people are not recommended again, nor are `accepted` ones.",
    similarity_score="How alike the two are.",
    context=f"Why. {JSON_BOUNDS}",
    metadata="`context` under its old name; `context` wins.",
)
describe(RecommendationCreateSerializer, user_id="The caller, if it is said at all.", recommended_user_id="Who it is.")
describe(GenerateSerializer, limit="How many people at most.")

_STRINGS = "/api/recommended/strings"
_ONE = {"recommendation": {"data": RECOMMENDATION}}

recommendation_docs = document(
    list=extend_schema(
        operation_id="list_recommendations",
        tags=TAGS,
        summary="List your recommendations",
        description="Without people a block stands between.",
        parameters=[
            *parameters.paging("similarity_score", "created_at", "status", default="similarity_score"),
            parameters.choice("status", "Only those in this state.", *RecommendationStatus.values),
            INCLUDE,
        ],
        responses={
            200: answer(
                page_of(RecommendationAnswer),
                "Recommendations.",
                **page_examples("/api/recommendations", RECOMMENDATION),
            )
        },
    ),
    create=extend_schema(
        operation_id="create_recommendation",
        tags=TAGS,
        summary="Recommend somebody to yourself",
        description="For clients that know of likeness by other means. 422 where the pair is there already.",
        parameters=[INCLUDE],
        request=RecommendationCreateSerializer,
        examples=[body("note", {"recommended_user_id": ALICE_ID, "similarity_score": 0.5, "context": {"by": "me"}})],
        responses={
            201: answer(one(RecommendationAnswer), "It is noted.", **_ONE),
            403: forbidden("`user_id` is somebody else's, or the caller may not write at all."),
        },
    ),
    retrieve=extend_schema(
        operation_id="show_recommendation",
        tags=TAGS,
        summary="Show a recommendation",
        description="The first time turns `generated` into `viewed`.",
        parameters=[ID, INCLUDE],
        responses={200: answer(one(RecommendationAnswer), "The recommendation.", **_ONE), 403: NOT_YOURS},
    ),
    update=extend_schema(
        operation_id="update_recommendation",
        tags=TAGS,
        summary="Accept or dismiss a recommendation",
        description="Changes the fields given. Accepting asks nobody for a connection.",
        parameters=[ID, INCLUDE],
        request=RecommendationUpdateSerializer,
        examples=[body("dismiss", {"status": "dismissed"}, "Never again")],
        responses={200: answer(one(RecommendationAnswer), "As it is now.", **_ONE), 403: NOT_YOURS},
    ),
    destroy=extend_schema(
        operation_id="delete_recommendation",
        tags=TAGS,
        summary="Forget a recommendation",
        description="The person may be recommended again, also after having been dismissed.",
        parameters=[ID],
        responses={204: no_content("Forgotten."), 403: NOT_YOURS},
    ),
    generate=extend_schema(
        operation_id="generate_recommendations",
        tags=TAGS,
        summary="Make your recommendations anew",
        description=(
            "Looks for people whose profiles mean the same, moved by what you liked and whom you dismissed; where too few "
            "profiles can be compared, for people who share interests, passions, hobbies, skills and enneagram types, or "
            "who are new where nobody does. Left out: everybody something stands or stood between, suspended people, and "
            "whom you dismissed or accepted. What you have viewed stays viewed; what you have not, and is not found any "
            "more, goes."
        ),
        request=GenerateSerializer,
        examples=[body("ten", {"limit": 10})],
        responses={
            200: answer(
                GeneratedAnswer,
                "Made or brought up to date, the most alike first.",
                generated={
                    "message": "Generated 1 recommendation.",
                    "count": 1,
                    "data": [{**RECOMMENDATION, "recommended_user": PROFILE}],
                },
            )
        },
    ),
    generate_for=extend_schema(
        operation_id="generate_similar_users",
        tags=TAGS,
        summary="Make a person's recommendations anew",
        description=f"As `POST /api/recommendations/generate`, {DEFAULT_LIMIT} at most, for the person and admins.",
        parameters=[parameters.in_path("user", "The person's `user_id`; the profile's own id is understood too.")],
        request=None,
        responses={
            200: answer(
                ProcessedAnswer,
                "How many.",
                generated={"message": "Generated 4 recommendations.", "recommendations_processed": 4},
            ),
            403: forbidden("It is somebody else and the caller is no admin."),
        },
    ),
)

recommended_docs = document(
    people=extend_schema(
        operation_id="list_similar_users",
        tags=TAGS,
        summary="List people like you",
        description="What `POST /api/recommendations/generate` would find now, without storing it.",
        parameters=[parameters.limit(default=DEFAULT_LIMIT, most=MAX_LIMIT)],
        responses={200: answer(SimilarUsersAnswer, "The most alike first.", people={"data": [SIMILAR_USER]})},
    ),
    strings=extend_schema(
        operation_id="list_recommended_strings",
        tags=TAGS,
        summary="List strings that suit you",
        description=(
            "At most 200, those most like what you are about: step by step of 0.05, within a step the newest first. Where "
            "there is nothing to compare, or nothing alike enough: recent strings, and a `message` that says so."
        ),
        parameters=[
            *parameters.paging("similarity", default="similarity"),
            OpenApiParameter(
                "exclude_own",
                {"type": "boolean", "default": True},
                description="Leave out your own. `1`, `true`, `yes` and `on` mean yes.",
            ),
            OpenApiParameter(
                "similarity_threshold",
                {"type": "number", "minimum": 0, "maximum": 1, "default": 0.2},
                description="The least likeness.",
            ),
            STRING_INCLUDE,
        ],
        responses={
            200: answer(
                SuitableStringsAnswer,
                "Strings.",
                **page_examples(_STRINGS, {**STRING, "similarity": 0.6218}),
                recent={
                    **page_examples(_STRINGS, {**STRING, "similarity": None})["numbered"],
                    "message": "There is nothing to compare strings with yet; these are the most recent ones.",
                },
            )
        },
    ),
)
