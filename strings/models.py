"""Supabase's tables about strings; unmanaged: rows only, never DDL (docs/database.md).

No trigger keeps `likes_count`, `comments_count` or `updated_at`: the services do. Deleting a string takes its likes,
comments and embedding along, deleting a comment its replies; a string's author cannot be deleted before the string.
`author` is the profile, which may be gone while the account still exists.
"""

import uuid

from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile
from strings.querysets import StringCommentQuerySet, StringLikeQuerySet, StringQuerySet


class String(models.Model):
    """A post; `stringable_type` and `stringable_id` say what it is attached to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    author = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], null=True, related_name="+"
    )
    content_text = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    content_images = models.JSONField(null=True)
    stringable_id = models.UUIDField(null=True)
    stringable_type = models.TextField(null=True)  # noqa: DJ001 - Supabase's column
    likes_count = models.IntegerField(default=0)
    comments_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = StringQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "strings"

    def __str__(self) -> str:
        return (self.content_text or "")[:80] or str(self.id)


class StringLike(models.Model):
    """One person's like of one string."""

    pk = models.CompositePrimaryKey("string_id", "user_id")
    string = models.ForeignKey(String, models.DO_NOTHING, db_column="string_id", related_name="likes")
    user_id = models.UUIDField()
    author = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(null=True)

    objects = StringLikeQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "string_likes"

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.string_id}"


class StringComment(models.Model):
    """A comment on a string, or a reply to a comment on the same string."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    string = models.ForeignKey(String, models.DO_NOTHING, db_column="string_id", related_name="comments")
    user_id = models.UUIDField()
    author = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], null=True, related_name="+"
    )
    parent_comment = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, db_column="parent_comment_id", related_name="replies"
    )
    content = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = StringCommentQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "string_comments"

    def __str__(self) -> str:
        return self.content[:80]
