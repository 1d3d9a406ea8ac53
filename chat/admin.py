"""Rooms in the admin; what is said in them is private and not shown here."""

from django.contrib import admin

from chat.models import Room
from lifestring.admin import ReadOnlyAdmin


@admin.register(Room)
class RoomAdmin(ReadOnlyAdmin):
    """Rooms, found by name or id."""

    list_display = ("__str__", "created_at", "updated_at")
    search_fields = ("name", "id")
    ordering = ("-updated_at", "-id")
