"""What the OpenAPI document says of strings and likes; of comments, strings/comment_openapi.py."""

from drf_spectacular.utils import extend_schema

from lifestring.listing import MAX_PER_PAGE
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.operations import IDEMPOTENCY_KEY, answer, blocked, body, describe, document, forbidden, nothing
from strings.answers import LIKE, STRING, LikeAnswer, LikeResultAnswer, RecentStringsAnswer, StringPostAnswer
from strings.comment_openapi import comment_docs
from strings.querysets import NEWEST
from strings.serializers import MAX_IMAGES, MAX_TEXT, StringWriteSerializer

__all__ = ["comment_docs", "likes_docs", "string_docs"]

TAGS = ["Strings"]
NOT_YOURS = "The caller is neither the author nor staff."
ID = parameters.in_path("string_id", "The string.")
INCLUDE = parameters.include(
    f"`comments` the newest {NEWEST} top-level ones with their authors, `likes` the newest {NEWEST}, "
    "`user` the author, who is always there.",
    "user",
    "comments",
    "likes",
)
PAGING = [
    *parameters.paging("created_at", "likes_count", "comments_count", default="created_at"),
    INCLUDE,
]

describe(
    StringWriteSerializer,
    content_text=f"At most {MAX_TEXT:,} characters; blank text counts as none.",
    content_images=f"At most {MAX_IMAGES} http or https addresses; the images stay where they are.",
    stringable_type="What kind of thing the string is attached to.",
    stringable_id="Which one; needs `stringable_type`.",
)

_ONE = answer(one(StringPostAnswer), "The string.", string={"data": STRING})
_CHANGED = answer(one(StringPostAnswer), "The string as it is now.", string={"data": STRING})
_CHANGES = (
    "Changes the fields given; PUT and PATCH do the same. 422 on `content` where neither text nor images would be "
    "left. For the author, admins and moderators."
)
_UPDATE = body("update", {"content_text": "Found one, thanks!"})

string_docs = document(
    list=extend_schema(
        operation_id="list_strings",
        tags=TAGS,
        summary="List strings",
        description="Everybody's strings but those of people a block stands between.",
        parameters=[
            *PAGING,
            parameters.identifier("user_id", "Only this person's."),
            parameters.text("stringable_type", "Only those attached to this kind of thing.", longest=255),
            parameters.identifier("stringable_id", "Only those attached to this thing."),
            parameters.text("search", "Only those whose text holds all these words, or words that begin like them."),
        ],
        responses={200: answer(page_of(StringPostAnswer), "Strings.", **page_examples("/api/strings", STRING))},
    ),
    create=extend_schema(
        operation_id="create_string",
        tags=TAGS,
        summary="Post a string",
        description="With text, images or both; neither gets 422 on `content`.",
        parameters=[IDEMPOTENCY_KEY, INCLUDE],
        request=StringWriteSerializer,
        examples=[
            body("text", {"content_text": "Looking for a chess partner in Lisbon"}),
            body("images", {"content_images": ["https://images.example/board.jpg"]}),
        ],
        responses={201: answer(one(StringPostAnswer), "The new string.", string={"data": STRING})},
    ),
    retrieve=extend_schema(
        operation_id="show_string",
        tags=TAGS,
        summary="Show a string",
        description="One string with its author, its counts and whether the caller likes it.",
        parameters=[ID, INCLUDE],
        responses={200: _ONE},
    ),
    update=[
        extend_schema(
            operation_id=operation_id,
            methods=[method],
            tags=TAGS,
            summary="Change a string",
            description=_CHANGES,
            parameters=[ID, INCLUDE],
            request=StringWriteSerializer,
            examples=[_UPDATE],
            responses={200: _CHANGED, 403: forbidden(NOT_YOURS)},
        )
        for method, operation_id in (("PUT", "put_string"), ("PATCH", "patch_string"))
    ],
    destroy=extend_schema(
        operation_id="delete_string",
        tags=TAGS,
        summary="Delete a string",
        description="With its likes and comments. For the author, admins and moderators.",
        parameters=[ID],
        responses={204: nothing("Deleted."), 403: forbidden(NOT_YOURS)},
    ),
    mine=extend_schema(
        operation_id="list_my_strings",
        tags=TAGS,
        summary="List your own strings",
        description="The caller's strings.",
        parameters=PAGING,
        responses={200: answer(page_of(StringPostAnswer), "Strings.", **page_examples("/api/my/strings", STRING))},
    ),
    liked=extend_schema(
        operation_id="list_my_liked_strings",
        tags=TAGS,
        summary="List the strings you like",
        description="In the order of the strings, not of the likes.",
        parameters=PAGING,
        responses={
            200: answer(page_of(StringPostAnswer), "Strings.", **page_examples("/api/my/liked-strings", STRING))
        },
    ),
    recent=extend_schema(
        operation_id="list_my_recent_strings",
        tags=TAGS,
        summary="List your newest strings, flat",
        description="The shape the web frontend reads: no links, no pages.",
        parameters=[parameters.limit(default=10, most=MAX_PER_PAGE)],
        responses={
            200: answer(
                RecentStringsAnswer,
                "The newest strings.",
                recent={"strings": [STRING], "total": 1, "page": 1, "per_page": 10},
            )
        },
    ),
)

_BLOCKED = "A block stands between the caller and the author, or the caller may not write at all."


def _liked(action: str) -> dict[str, object]:
    return {"message": f"String {action} successfully", "likes_count": 3, "action": action}


likes_docs = document(
    list=extend_schema(
        operation_id="list_string_likes",
        tags=TAGS,
        summary="List who likes a string",
        description="The newest like first unless told otherwise, without people a block stands between.",
        parameters=[ID, *parameters.paging("created_at", default="created_at")],
        responses={
            200: answer(page_of(LikeAnswer), "Likes.", **page_examples(f"/api/strings/{STRING['id']}/likes", LIKE))
        },
    ),
    toggle=extend_schema(
        operation_id="toggle_string_like",
        tags=TAGS,
        summary="Like a string, or take the like back",
        description="Whichever is not the case already. Use PUT and DELETE where a repeated request must be harmless.",
        parameters=[ID],
        request=None,
        responses={
            200: answer(LikeResultAnswer, "Done.", liked=_liked("liked"), unliked=_liked("unliked")),
            403: blocked(_BLOCKED),
        },
    ),
    like=extend_schema(
        operation_id="like_string",
        tags=TAGS,
        summary="Like a string",
        description="Repeatable: a second time changes nothing.",
        parameters=[ID],
        request=None,
        responses={
            200: answer(LikeResultAnswer, "The caller likes it.", liked=_liked("liked")),
            403: blocked(_BLOCKED),
        },
    ),
    unlike=extend_schema(
        operation_id="unlike_string",
        tags=TAGS,
        summary="Take a like back",
        description="Repeatable: a second time changes nothing. It stays possible across a block.",
        parameters=[ID],
        responses={204: nothing("The caller does not like it.")},
    ),
)
