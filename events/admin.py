"""Events in the admin."""

from django.contrib import admin

from events.models import Event
from lifestring.admin import ReadOnlyAdmin


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events, found by title, place or organiser."""

    list_display = ("title", "start_time", "location", "user_id", "created_at")
    search_fields = ("title", "location", "user_id")
    ordering = ("-start_time", "-id")
    exclude = ("author",)
