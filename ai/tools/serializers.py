"""What actions take that no route takes as a body (docs/api.md, AI)."""

from rest_framework import serializers

from events.serializers import MAX_LOCATION, AttendanceSerializer
from lifestring.json_fields import IdField

MAX_QUERY = 200
DEFAULT_LIMIT, MAX_LIMIT = 10, 50


class SearchSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What to look for; as `q` and `limit` of GET /search."""

    query = serializers.CharField(max_length=MAX_QUERY)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class FindEventsSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Which events to list; as the filters of GET /events, whose `search` is `query` here."""

    query = serializers.CharField(max_length=MAX_QUERY, allow_blank=True, allow_null=True, default=None)
    location = serializers.CharField(max_length=MAX_LOCATION, allow_blank=True, allow_null=True, default=None)
    start_from = serializers.DateTimeField(allow_null=True, default=None)
    start_to = serializers.DateTimeField(allow_null=True, default=None)
    upcoming_only = serializers.BooleanField(default=True)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class JoinEventSerializer(AttendanceSerializer):
    """One's answer to an event, which is to come unless told otherwise."""

    event_id = IdField()
    status = serializers.ChoiceField(["going", "maybe", "declined"], default="going")
