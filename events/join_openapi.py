"""What the OpenAPI document says of joins."""

from drf_spectacular.utils import extend_schema

from events.answers import JOIN, JoinAnswer, JoinsAnswer
from events.serializers import MAX_TAG, MAX_TAGS, JoinCreateSerializer, JoinUpdateSerializer
from lifestring.listing import DEFAULT_PER_PAGE, MAX_PER_PAGE
from lifestring.openapi import parameters
from lifestring.openapi.operations import IDEMPOTENCY_KEY, answer, body, describe, document, forbidden, nothing

TAGS = ["Joins"]
NOT_YOURS = "The caller is neither the organiser nor an admin."
ID = parameters.in_path("event_id", "The join; an event that is none is not found here.")
PAGE = parameters.numbered(default=DEFAULT_PER_PAGE, most=MAX_PER_PAGE)

for serializer in (JoinCreateSerializer, JoinUpdateSerializer):
    describe(
        serializer,
        duration="In words.",
        difficulty="In words.",
        max_participants="A whole number above zero; null for no limit.",
        tags=f"At most {MAX_TAGS}, each of at most {MAX_TAG} characters.",
        start_time="Now, where a new join has none. It is the event's, and not part of this shape.",
        end_time="Not before `start_time`.",
    )

_PAGE = answer(JoinsAnswer, "Joins.", joins={"joins": [JOIN], "total": 1, "page": 1, "per_page": DEFAULT_PER_PAGE})

join_docs = document(
    list=extend_schema(
        operation_id="list_joins",
        tags=TAGS,
        summary="List joins",
        description="The newest first, without those of people a block stands between.",
        parameters=[
            *PAGE,
            parameters.text("location", "Only those whose place contains this.", longest=255),
            parameters.text("difficulty", "Only those of this difficulty, whatever its case."),
            parameters.text(
                "search", "Only those whose title, description or place hold all these words, or such beginnings."
            ),
        ],
        responses={200: _PAGE},
    ),
    mine=extend_schema(
        operation_id="list_my_joins",
        tags=TAGS,
        summary="List the joins you organise",
        description="The newest first.",
        parameters=PAGE,
        responses={200: _PAGE},
    ),
    create=extend_schema(
        operation_id="create_join",
        tags=TAGS,
        summary="Look for company",
        description="Makes an event whose `meta_data.is_join` is true. Others come by `PUT …/events/{id}/attendance`.",
        parameters=[IDEMPOTENCY_KEY],
        request=JoinCreateSerializer,
        examples=[
            body(
                "join",
                {
                    "title": "Chess in the park",
                    "location": "Jardim da Estrela",
                    "duration": "2 hours",
                    "max_participants": 12,
                    "difficulty": "easy",
                    "tags": ["chess"],
                },
            )
        ],
        responses={201: answer(JoinAnswer, "The new join.", join=JOIN)},
    ),
    retrieve=extend_schema(
        operation_id="show_join",
        tags=TAGS,
        summary="Show a join",
        description="One join, bare.",
        parameters=[ID],
        responses={200: answer(JoinAnswer, "The join.", join=JOIN)},
    ),
    update=extend_schema(
        operation_id="put_join",
        tags=TAGS,
        summary="Change a join",
        description="Changes the fields given; null empties one. For the organiser and admins.",
        parameters=[ID],
        request=JoinUpdateSerializer,
        examples=[body("update", {"max_participants": 16, "tags": ["chess", "coffee"]})],
        responses={200: answer(JoinAnswer, "The join as it is now.", join=JOIN), 403: forbidden(NOT_YOURS)},
    ),
    destroy=extend_schema(
        operation_id="delete_join",
        tags=TAGS,
        summary="Delete a join",
        description="With who attends it. For the organiser and admins.",
        parameters=[ID],
        responses={204: nothing("Deleted."), 403: forbidden(NOT_YOURS)},
    ),
)
