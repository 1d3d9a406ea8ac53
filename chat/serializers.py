"""What clients may write about rooms and messages (docs/api.md, Rooms)."""

from rest_framework import serializers

from chat.limits import MAX_MESSAGE, MAX_NAME, MAX_PARTICIPANTS
from lifestring.json_fields import IdField, JSONObjectField, ShortListField


class MessageWriteSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST and PUT of a message."""

    content = serializers.CharField(max_length=MAX_MESSAGE, trim_whitespace=False)

    def validate_content(self, value: str) -> str:
        """Refuse a message of spaces only."""
        if not value.strip():
            raise serializers.ValidationError("This field may not be blank.")
        return value


class RoomWriteSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of PUT and PATCH of a room."""

    name = serializers.CharField(max_length=MAX_NAME, allow_null=True, allow_blank=True, required=False)
    metadata = JSONObjectField(allow_null=True, required=False)

    def validate_name(self, value: str | None) -> str | None:
        """A blank name is none."""
        return value or None


class RoomCreateSerializer(RoomWriteSerializer):
    """The body of POST of a room."""

    participant_ids = ShortListField(child=IdField(), max_length=MAX_PARTICIPANTS, required=False, default=list)


class ParticipantSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST of a participant."""

    user_id = IdField()


class ReadSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of PUT of a read mark."""

    message_id = IdField()
