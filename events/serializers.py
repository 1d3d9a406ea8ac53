"""What clients may write about events, joins and attendance (docs/api.md, Events)."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from events.recurrence import recurrence_problem
from events.zones import is_time_zone
from lifestring.json_fields import JSONObjectField, ShortListField

MAX_TITLE = MAX_LOCATION = 255
MAX_DESCRIPTION = 20_000
MAX_PARTICIPANTS = 999_999_999
MAX_TAGS, MAX_TAG = 20, 50
MAX_WORDS = 100

NO_CAPACITY = f"This must be a whole number from 1 to {MAX_PARTICIPANTS}."
NO_TIME_ZONE = "This must be the name of a time zone, such as Europe/Lisbon."


class CapacityField(serializers.IntegerField):
    """How many may come: a whole number above zero, written as one; DRF's own field takes text and `true` as well."""

    def to_internal_value(self, data: Any) -> int:
        """Validate and return the number."""
        if not is_capacity(data):
            raise serializers.ValidationError(NO_CAPACITY)
        found: int = data
        return found


def is_capacity(value: Any) -> bool:
    """Whether a value of a client's can be a limit."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_PARTICIPANTS


class MetaDataField(JSONObjectField):
    """The object clients fill as they like, but for the keys the product reads; null under one of them is none."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Validate and return the object."""
        value = super().to_internal_value(data)
        problems = {name: [problem] for name, problem in _problems(value) if problem}
        if problems:
            raise serializers.ValidationError(problems)
        return value


def _problems(meta: dict[str, Any]) -> list[tuple[str, str | None]]:
    capacity, zone, rule = (meta.get(name) for name in ("max_participants", "time_zone", "recurrence"))
    return [
        ("max_participants", NO_CAPACITY if capacity is not None and not is_capacity(capacity) else None),
        ("time_zone", NO_TIME_ZONE if zone is not None and not is_time_zone(zone) else None),
        ("recurrence", recurrence_problem(rule) if rule is not None else None),
    ]


class EventUpdateSerializer(serializers.Serializer[Any]):
    """The body of PUT and PATCH of an event."""

    title = serializers.CharField(max_length=MAX_TITLE, required=False)
    description = serializers.CharField(
        max_length=MAX_DESCRIPTION, allow_blank=True, allow_null=True, required=False, trim_whitespace=False
    )
    start_time = serializers.DateTimeField(required=False)
    end_time = serializers.DateTimeField(allow_null=True, required=False)
    location = serializers.CharField(max_length=MAX_LOCATION, allow_blank=True, allow_null=True, required=False)
    meta_data = MetaDataField(required=False)
    custom_fields = JSONObjectField(required=False)


class EventCreateSerializer(EventUpdateSerializer):
    """The body of POST of an event."""

    title = serializers.CharField(max_length=MAX_TITLE)
    start_time = serializers.DateTimeField()


class JoinUpdateSerializer(serializers.Serializer[Any]):
    """The body of PUT of a join; what comes out are an event's values, to be merged into it."""

    title = serializers.CharField(max_length=MAX_TITLE, required=False)
    description = serializers.CharField(
        max_length=MAX_DESCRIPTION, allow_blank=True, allow_null=True, required=False, trim_whitespace=False
    )
    location = serializers.CharField(max_length=MAX_LOCATION, allow_blank=True, allow_null=True, required=False)
    start_time = serializers.DateTimeField(required=False)
    end_time = serializers.DateTimeField(allow_null=True, required=False)
    duration = serializers.CharField(max_length=MAX_WORDS, allow_blank=True, allow_null=True, required=False)
    difficulty = serializers.CharField(max_length=MAX_WORDS, allow_blank=True, allow_null=True, required=False)
    max_participants = CapacityField(min_value=1, max_value=MAX_PARTICIPANTS, allow_null=True, required=False)
    tags = ShortListField(
        child=serializers.CharField(max_length=MAX_TAG), max_length=MAX_TAGS, allow_null=True, required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put what an event has no column for where joins keep it."""
        kept = {
            name: attrs.pop(name) for name in ("duration", "difficulty", "max_participants", "tags") if name in attrs
        }
        return {**attrs, "meta_data": kept} if kept else attrs


class JoinCreateSerializer(JoinUpdateSerializer):
    """The body of POST of a join; without a time it is for now."""

    title = serializers.CharField(max_length=MAX_TITLE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As for an update, and what makes it a join."""
        values = super().validate(attrs)
        kept = {name: value for name, value in values.get("meta_data", {}).items() if value is not None}
        return {"start_time": timezone.now(), **values, "meta_data": {**kept, "is_join": True}}


class AttendanceSerializer(serializers.Serializer[Any]):
    """The body of PUT of one's attendance."""

    status = serializers.ChoiceField(["going", "maybe", "declined"])
    wait = serializers.BooleanField(default=False)
