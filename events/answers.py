"""What events look like in answers, for the OpenAPI document; events/shapes.py renders them."""

from typing import Any

from rest_framework import serializers

from accounts.answers import ALICE_ID, AUTHOR, AuthorAnswer
from lifestring.openapi.envelopes import BASE_URL
from lifestring.openapi.fields import Answer, FreeObjectField


class EventLinksAnswer(Answer):
    """Where an event is."""

    self = serializers.URLField()


class EventAnswer(Answer):
    """Something people attend."""

    id = serializers.UUIDField()
    user_id = serializers.UUIDField(help_text="The organiser.")
    title = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField(allow_null=True)
    location = serializers.CharField(allow_null=True)
    meta_data = FreeObjectField()
    custom_fields = FreeObjectField()
    created_at = serializers.DateTimeField()
    links = EventLinksAnswer()
    user = AuthorAnswer(allow_null=True, required=False, help_text="The organiser; null where no profile exists.")


EVENT_ID = "5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716"
EVENT: dict[str, Any] = {
    "id": EVENT_ID,
    "user_id": ALICE_ID,
    "title": "Chess in the park",
    "description": "Boards are there.",
    "start_time": "2026-11-29T14:00:00.000000Z",
    "end_time": None,
    "location": "Jardim da Estrela",
    "meta_data": {"max_participants": 12},
    "custom_fields": {},
    "created_at": "2026-11-23T09:57:00.000000Z",
    "links": {"self": f"{BASE_URL}/api/events/{EVENT_ID}"},
    "user": AUTHOR,
}
