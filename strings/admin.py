"""Strings and comments in the admin."""

import uuid
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff.panels import SHOWN, Line, Panel, register_panel
from lifestring.admin import ReadOnlyAdmin, an_id, person_link, with_authors
from lifestring.figures import Figure, did_per_day, per_day, register_activity, register_figure
from strings.models import String, StringComment
from strings.querysets import StringQuerySet


class WrittenAdmin(ReadOnlyAdmin):
    """A page of what people wrote, with their names; the database joins those of one page only."""

    exclude: ClassVar[tuple[str, ...]] = ("author",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Add the authors' names."""
        return with_authors(super().get_queryset(request))

    @admin.display
    def by(self, row: Any) -> SafeString | str:
        """Lead to the author's page."""
        return person_link(row.user_id, row.author_name)


@admin.register(String)
class StringAdmin(WrittenAdmin):
    """Strings, found by their words, their author or their id."""

    list_display = ("__str__", "by", "likes_count", "comments_count", "created_at")
    search_fields = ("content_text",)
    search_help_text = "Words of the text, or the id of a string or an author"
    target_type = "string"
    ordering = ("-created_at", "-id")
    period = "created_at"
    json_columns = ("content_images",)
    readonly_fields = ("by", "comments")

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for an id, or for words."""
        if (given := an_id(text)) is not None:
            return rows.filter(Q(id=given) | Q(user_id=given))
        return cast(StringQuerySet, rows).matching(text)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Add who wrote it, and the way to its comments."""
        return ["by", *super().get_fields(request, obj), "comments"]

    @admin.display
    def comments(self, string: String) -> SafeString:
        """Lead to the comments on it."""
        address = reverse("admin:strings_stringcomment_changelist")
        return format_html('<a href="{}?q={}">{}</a>', address, string.id, f"{string.comments_count} comments")


@admin.register(StringComment)
class StringCommentAdmin(WrittenAdmin):
    """Comments, found by their string, their author or their id."""

    title = "Comments"
    list_display = ("__str__", "by", "on", "created_at")
    search_fields = ("id",)
    search_help_text = "The id of a comment, a string or an author"
    target_type = "comment"
    ordering = ("-created_at", "-id")
    period = "created_at"
    exclude = ("author", "string", "parent_comment")
    readonly_fields = ("by", "on", "answers")

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for an id."""
        given = an_id(text)
        return rows.none() if given is None else rows.filter(Q(id=given) | Q(string_id=given) | Q(user_id=given))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Add who wrote it, on what, and what it answers."""
        return ["by", "on", "answers", *super().get_fields(request, obj)]

    @admin.display
    def on(self, comment: StringComment) -> SafeString:
        """Lead to the string."""
        address = reverse("admin:strings_string_change", args=[comment.string_id])
        return format_html('<a href="{}">{}</a>', address, comment.string_id)

    @admin.display
    def answers(self, comment: StringComment) -> SafeString | str:
        """Lead to the comment it answers."""
        if comment.parent_comment_id is None:
            return "the string itself"
        address = reverse("admin:strings_stringcomment_change", args=[comment.parent_comment_id])
        return format_html('<a href="{}">{}</a>', address, comment.parent_comment_id)


def _strings(user_id: uuid.UUID) -> list[Line]:
    newest = String.objects.by_author(user_id).defer("content_images").order_by("-created_at", "-id")[: SHOWN + 1]
    return [
        Line(
            str(string),
            string.created_at,
            reverse("admin:strings_string_change", args=[string.id]),
            f"{string.likes_count} likes, {string.comments_count} comments",
        )
        for string in newest
    ]


def _comments(user_id: uuid.UUID) -> list[Line]:
    newest = StringComment.objects.filter(user_id=user_id).order_by("-created_at", "-id")[: SHOWN + 1]
    return [
        Line(str(one), one.created_at, reverse("admin:strings_stringcomment_change", args=[one.id])) for one in newest
    ]


def _all(page: str) -> Any:
    return lambda user_id: f"{reverse(f'admin:strings_{page}_changelist')}?q={user_id}"


register_figure(Figure("strings", "New strings", per_day("public.strings"), place=30))
register_activity(did_per_day("public.strings"))
register_activity(did_per_day("public.string_comments"))
register_panel(
    Panel("strings", "Strings", _strings, more=_all("string"), place=20),
    Panel("comments", "Comments", _comments, more=_all("stringcomment"), place=30),
)
