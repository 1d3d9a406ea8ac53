"""Events in the admin."""

import uuid
from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.staff.panels import SHOWN, Line, Panel, register_panel
from events.models import Event
from events.querysets import EventQuerySet
from lifestring.admin import ReadOnlyAdmin, an_id, person_link, with_authors


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events, found by their words, their organiser or their id."""

    list_display = ("title", "start_time", "location", "by", "created_at")
    search_fields = ("title",)
    search_help_text = "Words of title, description or place, or the id of an event or an organiser"
    ordering = ("-start_time", "-id")
    period = "start_time"
    exclude = ("author",)
    target_type = "event"
    json_columns = ("meta_data", "custom_fields")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Add the organisers' names."""
        return with_authors(super().get_queryset(request))

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for an id, or for words."""
        if (given := an_id(text)) is not None:
            return rows.filter(Q(id=given) | Q(user_id=given))
        return cast(EventQuerySet, rows).matching(text)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Add whose it is."""
        return ["by", *super().get_fields(request, obj)]

    @admin.display
    def by(self, event: Any) -> SafeString | str:
        """Lead to the organiser's page."""
        return person_link(event.user_id, event.author_name)


def _events(user_id: uuid.UUID) -> list[Line]:
    found = Event.objects.filter(user_id=user_id).only("id", "title", "start_time", "location")
    return [
        Line(event.title, event.start_time, reverse("admin:events_event_change", args=[event.id]), event.location or "")
        for event in found.order_by("-start_time", "-id")[: SHOWN + 1]
    ]


register_panel(
    Panel(
        "events",
        "Events they organise",
        _events,
        more=lambda user_id: f"{reverse('admin:events_event_changelist')}?q={user_id}",
        place=45,
    )
)
