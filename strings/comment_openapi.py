"""What the OpenAPI document says of comments."""

from drf_spectacular.utils import extend_schema

from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.operations import IDEMPOTENCY_KEY, answer, blocked, body, describe, document, forbidden, nothing
from strings.answers import COMMENT, COMMENT_ID, STRING_ID, CommentAnswer
from strings.querysets import NEWEST
from strings.serializers import MAX_COMMENT, CommentUpdateSerializer, CommentWriteSerializer

TAGS = ["Comments"]
PATH = f"/api/strings/{STRING_ID}/comments"
STRING = parameters.in_path("string_id", "The string.")
COMMENT_PARAMETER = parameters.in_path("comment_id", "The comment, on that string.")
INCLUDE = parameters.include(
    f"`user` the author, `replies` the first {NEWEST} direct replies, `replies.user` these with their authors, "
    "`parentComment` what a reply replies to, as `parent_comment`.",
    "user",
    "replies",
    "replies.user",
    "parentComment",
)

describe(
    CommentUpdateSerializer,
    content=f"At most {MAX_COMMENT:,} characters, not blank.",
)
describe(
    CommentWriteSerializer,
    content=f"At most {MAX_COMMENT:,} characters, not blank.",
    parent_comment_id="The comment this one replies to, on the same string.",
)

_CHANGED = answer(one(CommentAnswer), "The comment as it is now.", comment={"data": COMMENT})
_SORT = ("created_at", "updated_at")

comment_docs = document(
    list=extend_schema(
        operation_id="list_comments",
        tags=TAGS,
        summary="List the comments on a string",
        description="Without those of people a block stands between.",
        parameters=[
            STRING,
            *parameters.paging(*_SORT, default="created_at"),
            parameters.flag(
                "include_replies", "List replies as well, at any depth, instead of top-level comments only."
            ),
            INCLUDE,
        ],
        responses={200: answer(page_of(CommentAnswer), "Comments.", **page_examples(PATH, COMMENT))},
    ),
    create=extend_schema(
        operation_id="create_comment",
        tags=TAGS,
        summary="Comment on a string",
        description="Or reply to a comment on it: 422 where `parent_comment_id` is not on this string.",
        parameters=[STRING, IDEMPOTENCY_KEY, INCLUDE],
        request=CommentWriteSerializer,
        examples=[
            body("comment", {"content": "Count me in!"}),
            body("reply", {"content": "Sunday?", "parent_comment_id": COMMENT_ID}),
        ],
        responses={
            201: answer(one(CommentAnswer), "The new comment.", comment={"data": COMMENT}),
            403: blocked(
                "A block stands between the caller and the string's author or the one replied to, or the caller may "
                "not write at all."
            ),
        },
    ),
    retrieve=extend_schema(
        operation_id="show_comment",
        tags=TAGS,
        summary="Show a comment",
        description="One comment, where it is on this string.",
        parameters=[STRING, COMMENT_PARAMETER, INCLUDE],
        responses={200: answer(one(CommentAnswer), "The comment.", comment={"data": COMMENT})},
    ),
    update=[
        extend_schema(
            operation_id=operation_id,
            methods=[method],
            tags=TAGS,
            summary="Change a comment",
            description="Its text; a comment never moves. For its author, admins and moderators.",
            parameters=[STRING, COMMENT_PARAMETER, INCLUDE],
            request=CommentUpdateSerializer,
            examples=[body("update", {"content": "Count me in, from five."})],
            responses={200: _CHANGED, 403: forbidden("The caller is neither the author nor staff.")},
        )
        for method, operation_id in (("PUT", "put_comment"), ("PATCH", "patch_comment"))
    ],
    destroy=extend_schema(
        operation_id="delete_comment",
        tags=TAGS,
        summary="Delete a comment",
        description="With its replies, at any depth. For its author, the string's author, admins and moderators.",
        parameters=[STRING, COMMENT_PARAMETER],
        responses={
            204: nothing("Deleted."),
            403: forbidden("The caller wrote neither the comment nor the string and is no staff."),
        },
    ),
    replies=extend_schema(
        operation_id="list_comment_replies",
        tags=TAGS,
        summary="List the replies to a comment",
        description="Direct ones, in the order they were written unless told otherwise.",
        parameters=[
            STRING,
            COMMENT_PARAMETER,
            *parameters.paging(*_SORT, default="created_at", descending=False),
            INCLUDE,
        ],
        responses={
            200: answer(page_of(CommentAnswer), "Replies.", **page_examples(f"{PATH}/{COMMENT_ID}/replies", COMMENT))
        },
    ),
)
