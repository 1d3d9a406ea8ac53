"""In the admin: what has an embedding, of which model, and since when; and, for admins, what models cost."""

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff.panels import SHOWN, Line, Panel, register_panel
from ai.models import StringEmbedding, UsageEntry, UserEmbedding
from lifestring.admin import ReadOnlyAdmin, an_id, person_link
from lifestring.figures import Figure, register_figure


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


@admin.register(UsageEntry)
class UsageEntryAdmin(ReadOnlyAdmin):
    """The ledger: what was asked of models, and what it cost."""

    title = "Ledger of models"
    admins_only = True
    ordering = ("-created_at",)
    period = "created_at"
    list_display = ("created_at", "person", "purpose", "model", "outcome", "dollars", "latency_ms")
    search_fields = ("id",)
    search_help_text = "The id of a person"

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for who asked."""
        given = an_id(text)
        return rows.none() if given is None else rows.filter(user_id=given)

    @admin.display
    def person(self, row: UsageEntry) -> SafeString | str:
        """Lead to who asked, where it was somebody who is still here."""
        return person_link(row.user_id) if row.user_id else ""

    @admin.display
    def dollars(self, row: UsageEntry) -> str:
        """What it cost, or while it is under way what is reserved for it."""
        return f"{row.reserved if row.outcome == 'open' else row.cost:.6f}"


def _usage(user_id: uuid.UUID) -> list[Line]:
    newest = UsageEntry.objects.of_person(user_id).order_by("-created_at")[: SHOWN + 1]
    return [
        Line(
            f"{entry.purpose} · {entry.model}",
            entry.created_at,
            reverse("admin:ai_usageentry_change", args=[entry.id]),
            f"${entry.cost:.6f}",
        )
        for entry in newest
    ]


def _all_usage(user_id: uuid.UUID) -> str:
    return f"{reverse('admin:ai_usageentry_changelist')}?q={user_id}"


register_panel(Panel("usage", "Asked of models", _usage, more=_all_usage, admins_only=True, place=80))
register_figure(
    Figure(
        "ai_spending",
        "Spent on models",
        "SELECT day, spent FROM django.ai_spending WHERE day >= %(since)s",
        unit="$",
        admins_only=True,
        place=80,
    )
)
