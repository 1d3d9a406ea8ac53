"""What strings, comments and likes look like in answers, for the OpenAPI document; strings/shapes.py renders them."""

from typing import Any

from rest_framework import serializers

from accounts.answers import ALICE_ID, AUTHOR, BOB_ID, AuthorAnswer
from lifestring.openapi.envelopes import BASE_URL
from lifestring.openapi.fields import Answer, FreeObjectField
from strings.querysets import NEWEST

Json = dict[str, Any]


class CommentLinksAnswer(Answer):
    """Where a comment and its string are."""

    self = serializers.URLField()
    string = serializers.URLField()


class CommentBriefAnswer(Answer):
    """A comment as it appears inside something else."""

    id = serializers.UUIDField()
    string_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    parent_comment_id = serializers.UUIDField(allow_null=True, help_text="Null where it answers the string itself.")
    content = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    is_reply = serializers.BooleanField()
    replies_count = serializers.IntegerField(min_value=0, help_text="Direct replies the caller may see.")
    links = CommentLinksAnswer()
    user = AuthorAnswer(allow_null=True, required=False, help_text="Where included; null where no profile exists.")


class CommentAnswer(CommentBriefAnswer):
    """A comment on a string, or a reply to one."""

    replies = CommentBriefAnswer(
        many=True,
        required=False,
        help_text=f"With `include=replies`: the first {NEWEST} direct ones, in the order they were written.",
    )
    parent_comment = CommentBriefAnswer(
        allow_null=True, required=False, help_text="With `include=parentComment`; null where there is none."
    )


class LikeBriefAnswer(Answer):
    """Who likes a string, inside the string."""

    user_id = serializers.UUIDField()


class LikeAnswer(Answer):
    """Who likes a string."""

    user_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    user = AuthorAnswer(allow_null=True, help_text="Null where no profile exists.")


class LikeResultAnswer(Answer):
    """What became of a like."""

    message = serializers.CharField()
    likes_count = serializers.IntegerField(min_value=0, help_text="How many like the string now.")
    action = serializers.ChoiceField(["liked", "unliked"])


class StringLinksAnswer(Answer):
    """Where a string and its comments are."""

    self = serializers.URLField()
    comments = serializers.URLField()


class StringPostAnswer(Answer):
    """A string."""

    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    content_text = serializers.CharField(allow_null=True)
    content_images = FreeObjectField(help_text="Usually a list of addresses of images, or null.")
    stringable_type = serializers.CharField(allow_null=True, help_text="What kind of thing it is attached to.")
    stringable_id = serializers.UUIDField(allow_null=True, help_text="Which one.")
    likes_count = serializers.IntegerField(min_value=0)
    comments_count = serializers.IntegerField(min_value=0, help_text="Comments and replies, at any depth.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    user = AuthorAnswer(allow_null=True, help_text="The author; null where no profile exists.")
    is_liked_by_user = serializers.BooleanField(help_text="Whether the caller likes it.")
    links = StringLinksAnswer()
    comments = CommentBriefAnswer(
        many=True, required=False, help_text=f"With `include=comments`: the newest {NEWEST} top-level ones."
    )
    likes = LikeBriefAnswer(many=True, required=False, help_text=f"With `include=likes`: the newest {NEWEST}.")


class RecentStringsAnswer(Answer):
    """The caller's newest strings, flat."""

    strings = StringPostAnswer(many=True)
    total = serializers.IntegerField(min_value=0, help_text="How many strings the caller has.")
    page = serializers.IntegerField(min_value=1, max_value=1)
    per_page = serializers.IntegerField(min_value=1, help_text="The limit asked for.")


STRING_ID = "b7d4f1c2-8a0e-4f6b-9c1d-2e3f4a5b6c7d"
COMMENT_ID = "1c9e8d7b-6a5f-4e3d-8c2b-1a0f9e8d7c6b"
STRING: Json = {
    "id": STRING_ID,
    "user_id": ALICE_ID,
    "content_text": "Looking for a chess partner in Lisbon",
    "content_images": ["https://images.example/board.jpg"],
    "stringable_type": None,
    "stringable_id": None,
    "likes_count": 3,
    "comments_count": 1,
    "created_at": "2026-11-23T09:57:00.000000Z",
    "updated_at": "2026-11-23T09:57:00.000000Z",
    "user": AUTHOR,
    "is_liked_by_user": False,
    "links": {
        "self": f"{BASE_URL}/api/strings/{STRING_ID}",
        "comments": f"{BASE_URL}/api/strings/{STRING_ID}/comments",
    },
}
COMMENT: Json = {
    "id": COMMENT_ID,
    "string_id": STRING_ID,
    "user_id": BOB_ID,
    "parent_comment_id": None,
    "content": "Count me in!",
    "created_at": "2026-11-23T10:02:00.000000Z",
    "updated_at": "2026-11-23T10:02:00.000000Z",
    "is_reply": False,
    "replies_count": 0,
    "links": {
        "self": f"{BASE_URL}/api/strings/{STRING_ID}/comments/{COMMENT_ID}",
        "string": f"{BASE_URL}/api/strings/{STRING_ID}",
    },
}
LIKE: Json = {"user_id": ALICE_ID, "created_at": "2026-11-23T09:58:00.000000Z", "user": AUTHOR}
