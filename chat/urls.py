"""Routes of the chat app, below /api/."""

from django.urls import path

from chat.message_views import MessageViewSet

_ROOM = "rooms/<uuid:room_id>"

urlpatterns = [
    path(f"{_ROOM}/messages", MessageViewSet.as_view({"get": "list", "post": "create"}), name="messages"),
    path(
        f"{_ROOM}/messages/<uuid:message_id>",
        MessageViewSet.as_view({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}),
        name="message",
    ),
]
