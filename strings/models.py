"""Strings, likes and comments as Supabase's tables hold them.

No trigger keeps the counters or `updated_at`: strings/services does. The author's profile may be gone.
"""

import uuid

from django.db import models
from django.db.models.functions import Now

from accounts.models import UserProfile
from strings.querysets import StringCommentQuerySet, StringLikeQuerySet, StringQuerySet


class String(models.Model):
    """A post: text, images or both, on its own or about another thing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    content_text = models.TextField(null=True)  # noqa: DJ001 - the column is nullable
    content_images = models.JSONField(null=True)
    stringable_id = models.UUIDField(null=True)
    stringable_type = models.TextField(null=True)  # noqa: DJ001 - the column is nullable
    likes_count = models.IntegerField(default=0)
    comments_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    author = models.ForeignObject(
        UserProfile,
        models.DO_NOTHING,
        from_fields=["user_id"],
        to_fields=["user_id"],
        related_name="strings",
        null=True,
    )

    objects = StringQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"public"."strings"'

    def __str__(self) -> str:
        return (self.content_text or "(images)")[:60]


class StringLike(models.Model):
    """A person likes a string."""

    pk = models.CompositePrimaryKey("string_id", "user_id")
    string = models.ForeignKey(String, models.DO_NOTHING, related_name="likes")
    user_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(null=True)
    author = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], related_name="+", null=True
    )

    objects = StringLikeQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"public"."string_likes"'

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.string_id}"


class StringComment(models.Model):
    """A comment on a string, or a reply to another comment on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    string = models.ForeignKey(String, models.DO_NOTHING, related_name="comments")
    user_id = models.UUIDField()
    parent_comment = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="replies")
    content = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    author = models.ForeignObject(
        UserProfile, models.DO_NOTHING, from_fields=["user_id"], to_fields=["user_id"], related_name="+", null=True
    )

    objects = StringCommentQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"public"."string_comments"'

    def __str__(self) -> str:
        return self.content[:60]
