"""Embeddings in the admin: what has one, of which model, and since when."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ai.models import StringEmbedding, UserEmbedding
from lifestring.admin import ReadOnlyAdmin, an_id, person_link


class EmbeddingAdmin(ReadOnlyAdmin):
    """A page of embeddings, the newest first; the vectors themselves tell people nothing."""

    ordering = ("-id",)
    search_fields = ("id",)
    json_columns = ()
    owner = ""

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """Leave the vectors where they are."""
        return super().get_queryset(request).defer("embedding")

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for whose it is."""
        given = an_id(text)
        return rows.none() if given is None else rows.filter(**{self.owner: given})


@admin.register(StringEmbedding)
class StringEmbeddingAdmin(EmbeddingAdmin):
    """Of strings."""

    title = "Embeddings of strings"
    list_display = ("of", "model_version", "created_at", "updated_at")
    search_help_text = "The id of a string"
    exclude = ("embedding", "string")
    owner = "string_id"

    @admin.display
    def of(self, row: StringEmbedding) -> SafeString:
        """Lead to the string."""
        address = reverse("admin:strings_string_change", args=[row.string_id])
        return format_html('<a href="{}">{}</a>', address, row.string_id)


@admin.register(UserEmbedding)
class UserEmbeddingAdmin(EmbeddingAdmin):
    """Of people."""

    title = "Embeddings of people"
    list_display = ("of", "model_version", "created_at", "updated_at")
    search_help_text = "The id of a person"
    exclude = ("embedding", "profile")
    owner = "user_id"

    @admin.display
    def of(self, row: UserEmbedding) -> SafeString | str:
        """Lead to the person."""
        return person_link(row.user_id)
