"""Rooms in the admin; what is said in them is private, and read with a reason only (docs/staff.md, Rooms)."""

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.staff.panels import SHOWN, Line, Panel, register_panel
from accounts.staff.reads import names_of
from chat import admin_reading
from chat.models import Room, RoomParticipant
from lifestring.admin import ReadOnlyAdmin, an_id, person_link
from lifestring.figures import Figure, did_per_day, per_day, register_activity, register_figure

__all__ = ["admin_reading"]

SHOWN_MEMBERS = 100
# Of one person, that a search finds; by their ids, since a join would read every room there is.
MOST_ROOMS = 1000


@admin.register(Room)
class RoomAdmin(ReadOnlyAdmin):
    """Rooms, found by their name, their id or who is in them."""

    list_display = ("__str__", "created_at", "updated_at")
    search_fields = ("name",)
    search_help_text = "Part of the name, or the id of a room or of somebody in it"
    ordering = ("-created_at", "-id")
    period = "created_at"
    json_columns = ("metadata",)
    target_type = "room"

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for an id, or for part of a name: every room is read, which costs as much as for its beginning."""
        if (given := an_id(text)) is not None:
            theirs = RoomParticipant.objects.filter(user_id=given).values_list("room_id", flat=True)[:MOST_ROOMS]
            return rows.filter(id__in=[given, *theirs])
        return rows.filter(name__icontains=text)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Add who is in it."""
        return [*super().get_fields(request, obj), "members"]

    @admin.display
    def members(self, room: Room) -> SafeString | str:
        """Lead to the pages of those in it, of the first hundred."""
        found = RoomParticipant.objects.filter(room_id=room.id).order_by("user_id").values_list("user_id", flat=True)
        ids = list(found[: SHOWN_MEMBERS + 1])
        names = names_of(ids)
        links = ((person_link(user_id, names.get(user_id)),) for user_id in ids[:SHOWN_MEMBERS])
        shown = format_html_join(", ", "{}", links)
        return shown if len(ids) <= SHOWN_MEMBERS else format_html("{} and more", shown)


def _rooms(user_id: uuid.UUID) -> list[Line]:
    theirs = RoomParticipant.objects.filter(user_id=user_id).values("room_id")
    found = Room.objects.filter(id__in=theirs).defer("metadata").order_by("-updated_at", "-id")[: SHOWN + 1]
    return [Line(str(room), room.updated_at, reverse("admin:chat_room_change", args=[room.id])) for room in found]


register_figure(Figure("messages", "New messages", per_day("public.messages"), place=40))
register_activity(did_per_day("public.messages"))
register_panel(
    Panel(
        "rooms",
        "Rooms",
        _rooms,
        more=lambda user_id: f"{reverse('admin:chat_room_changelist')}?q={user_id}",
        place=40,
    )
)
