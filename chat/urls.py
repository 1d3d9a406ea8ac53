"""Routes of the chat app, below /api/."""

from django.urls import path

from chat.message_views import MessageViewSet
from chat.views import ParticipantViewSet, RoomViewSet

_ROOM = "rooms/<uuid:room_id>"

urlpatterns = [
    path("rooms", RoomViewSet.as_view({"get": "list", "post": "create"}), name="rooms"),
    path("my/rooms", RoomViewSet.as_view({"get": "mine"}), name="my-rooms"),
    path(
        _ROOM,
        RoomViewSet.as_view({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}),
        name="room",
    ),
    path(f"{_ROOM}/log", RoomViewSet.as_view({"get": "log"}), name="room-log"),
    path(f"{_ROOM}/read", RoomViewSet.as_view({"put": "read"}), name="room-read"),
    path(
        f"{_ROOM}/participants",
        ParticipantViewSet.as_view({"get": "list", "post": "create"}),
        name="participants",
    ),
    path(f"{_ROOM}/participants/<uuid:user>", ParticipantViewSet.as_view({"delete": "destroy"}), name="participant"),
    path(f"{_ROOM}/messages", MessageViewSet.as_view({"get": "list", "post": "create"}), name="messages"),
    path(
        f"{_ROOM}/messages/<uuid:message_id>",
        MessageViewSet.as_view({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}),
        name="message",
    ),
]
