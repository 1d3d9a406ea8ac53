"""Routes of the events app, below /api/."""

from django.urls import path

from events.calendar_views import EventFileViewSet, FeedTokenViewSet, FeedViewSet
from events.join_views import JoinViewSet
from events.views import AttendanceViewSet, EventViewSet

_EVENT = "events/<uuid:event_id>"

urlpatterns = [
    path("events", EventViewSet.as_view({"get": "list", "post": "create"}), name="events"),
    path(
        _EVENT,
        EventViewSet.as_view({"get": "retrieve", "put": "replace", "patch": "merge", "delete": "destroy"}),
        name="event",
    ),
    path(f"{_EVENT}.ics", EventFileViewSet.as_view({"get": "retrieve"}), name="event-calendar"),
    path(
        f"{_EVENT}/attendance",
        AttendanceViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="event-attendance",
    ),
    path(f"{_EVENT}/attendees", AttendanceViewSet.as_view({"get": "list"}), name="event-attendees"),
    path("my/events", EventViewSet.as_view({"get": "mine"}), name="my-events"),
    path("my/recent-events", EventViewSet.as_view({"get": "recent"}), name="my-recent-events"),
    path("my/events.ics", FeedViewSet.as_view({"get": "retrieve"}), name="my-calendar"),
    path(
        "my/events.ics/token",
        FeedTokenViewSet.as_view({"get": "retrieve", "post": "create", "delete": "destroy"}),
        name="my-calendar-token",
    ),
    path("joins", JoinViewSet.as_view({"get": "list", "post": "create"}), name="joins"),
    path("joins/my", JoinViewSet.as_view({"get": "mine"}), name="my-joins"),
    path(
        "joins/<uuid:event_id>",
        JoinViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="join",
    ),
]
