"""What an export holds of strings, comments and likes (docs/api.md, People)."""

import uuid

from django.db.models import QuerySet

from accounts.exporting import Part, after, table
from strings.models import String, StringComment, StringLike


def _strings(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[String]:
    return after(String.objects.filter(user_id=user_id), "id", last)


def _comments(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[StringComment]:
    return after(StringComment.objects.filter(user_id=user_id), "id", last)


def _likes(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[StringLike]:
    return after(StringLike.objects.filter(user_id=user_id), "string_id", last)


EXPORTS = (
    Part(
        "strings",
        "Own strings.",
        table(
            _strings,
            *("id", "content_text", "content_images", "stringable_type", "stringable_id"),
            *("likes_count", "comments_count", "created_at", "updated_at"),
            json=("content_images",),
        ),
    ),
    Part(
        "comments",
        "Own comments, on whosever strings.",
        table(_comments, "id", "string_id", "parent_comment_id", "content", "created_at", "updated_at"),
    ),
    Part("likes", "Which strings were liked.", table(_likes, "string_id", "created_at")),
)
