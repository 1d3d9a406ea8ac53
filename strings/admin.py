"""Strings and comments in the admin."""

from django.contrib import admin

from lifestring.admin import ReadOnlyAdmin
from strings.models import String, StringComment


@admin.register(String)
class StringAdmin(ReadOnlyAdmin):
    """Strings, found by text, author or id."""

    list_display = ("__str__", "user_id", "likes_count", "comments_count", "created_at")
    search_fields = ("content_text", "user_id", "id")
    ordering = ("-created_at", "-id")
    exclude = ("author",)


@admin.register(StringComment)
class StringCommentAdmin(ReadOnlyAdmin):
    """Comments, found by text, author or string."""

    list_display = ("__str__", "user_id", "string_id", "created_at")
    search_fields = ("content", "user_id", "string__id")
    ordering = ("-created_at", "-id")
    exclude = ("author",)
    raw_id_fields = ("string", "parent_comment")
