"""What events look like in answers, for the OpenAPI document; events/shapes.py renders them."""

from typing import Any

from rest_framework import serializers

from accounts.answers import ALICE_ID, AUTHOR, AuthorAnswer
from events.models import AttendanceStatus
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
    "meta_data": {"max_participants": 12, "current_participants": 3, "time_zone": "Europe/Lisbon"},
    "custom_fields": {},
    "created_at": "2026-11-23T09:57:00.000000Z",
    "links": {"self": f"{BASE_URL}/api/events/{EVENT_ID}"},
    "user": AUTHOR,
}


class AttendeeAnswer(Answer):
    """Who answers what to an event."""

    user_id = serializers.UUIDField()
    status = serializers.ChoiceField(AttendanceStatus.values)
    created_at = serializers.DateTimeField(help_text="When they first answered.")
    updated_at = serializers.DateTimeField(help_text="Since when this is their answer; the order of waiting.")
    user = AuthorAnswer(allow_null=True, help_text="Null where no profile exists.")


class AttendanceAnswer(Answer):
    """The caller's answer to an event, and how full it is."""

    event_id = serializers.UUIDField()
    user_id = serializers.UUIDField(help_text="The caller.")
    status = serializers.ChoiceField(AttendanceStatus.values, allow_null=True, help_text="Null: no answer.")
    waiting_place = serializers.IntegerField(
        min_value=1, allow_null=True, help_text="The place in line, 1 for the next; null where one does not wait."
    )
    created_at = serializers.DateTimeField(allow_null=True, help_text="When they first answered.")
    updated_at = serializers.DateTimeField(allow_null=True, help_text="Since when this is their answer.")
    current_participants = serializers.IntegerField(min_value=0, help_text="How many are going, all of them.")
    max_participants = serializers.IntegerField(min_value=1, allow_null=True, help_text="Null: no limit.")


class RecentEventsAnswer(Answer):
    """The caller's newest events, flat."""

    events = EventAnswer(many=True)
    total = serializers.IntegerField(min_value=0, help_text="How many events the caller organises.")
    page = serializers.IntegerField(min_value=1, max_value=1)
    per_page = serializers.IntegerField(min_value=1, help_text="The limit asked for.")


class JoinUserAnswer(Answer):
    """Who organises a join."""

    id = serializers.UUIDField(help_text="Their user_id.")
    name = serializers.CharField(allow_null=True)
    avatar = serializers.CharField(allow_null=True, help_text="The address of a photo.")


class JoinAnswer(Answer):
    """An event that looks for company, flat."""

    id = serializers.UUIDField()
    user_id = serializers.UUIDField(help_text="The organiser.")
    title = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    location = serializers.CharField(allow_null=True)
    duration = serializers.CharField(allow_null=True, help_text="In words.")
    max_participants = serializers.IntegerField(min_value=1, allow_null=True, help_text="Null: no limit.")
    current_participants = serializers.IntegerField(min_value=0, help_text="How many are going.")
    difficulty = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    is_joined = serializers.BooleanField(help_text="Whether the caller is going.")
    match_score = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text="Seven tenths for the share of its tags, three for the share of the organiser's interests, that are "
        "among the caller's own interests.",
    )
    created_at = serializers.DateTimeField()
    user = JoinUserAnswer()


class JoinsAnswer(Answer):
    """A page of joins."""

    joins = JoinAnswer(many=True)
    total = serializers.IntegerField(min_value=0, help_text="All there are; exact up to 10,000.")
    page = serializers.IntegerField(min_value=1)
    per_page = serializers.IntegerField(min_value=1)


class FeedStateAnswer(Answer):
    """Whether the feed is open to calendar programs."""

    active = serializers.BooleanField()
    created_at = serializers.DateTimeField(allow_null=True, help_text="When its token was made; null without one.")


class FeedTokenAnswer(Answer):
    """A new token; it is shown this once."""

    token = serializers.CharField()
    url = serializers.URLField(help_text="The address to subscribe to.")
    created_at = serializers.DateTimeField()


ATTENDEE: dict[str, Any] = {
    "user_id": ALICE_ID,
    "status": "going",
    "created_at": "2026-11-23T10:02:00.000000Z",
    "updated_at": "2026-11-23T10:02:00.000000Z",
    "user": AUTHOR,
}
ATTENDANCE: dict[str, Any] = {
    "event_id": EVENT_ID,
    "user_id": ALICE_ID,
    "status": "going",
    "waiting_place": None,
    "created_at": "2026-11-23T10:02:00.000000Z",
    "updated_at": "2026-11-23T10:02:00.000000Z",
    "current_participants": 3,
    "max_participants": 12,
}
JOIN: dict[str, Any] = {
    "id": EVENT_ID,
    "user_id": ALICE_ID,
    "title": "Chess in the park",
    "description": "Boards are there.",
    "location": "Jardim da Estrela",
    "duration": "2 hours",
    "max_participants": 12,
    "current_participants": 3,
    "difficulty": "easy",
    "tags": ["chess"],
    "is_joined": False,
    "match_score": 0.85,
    "created_at": "2026-11-23T09:57:00.000000Z",
    "user": {"id": ALICE_ID, "name": "Alice", "avatar": None},
}
