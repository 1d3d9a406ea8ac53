"""What clients say to the assistant (docs/api.md, AI)."""

from rest_framework import serializers

from chat.limits import MAX_MESSAGE
from chat.serializers import MessageWriteSerializer


class ChatCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST /ai/chat."""

    initial_message = serializers.CharField(
        max_length=MAX_MESSAGE, trim_whitespace=False, required=False, allow_null=True, allow_blank=True
    )
    context_enabled = serializers.BooleanField(default=True)

    def validate_initial_message(self, value: str | None) -> str | None:
        """One of spaces only is none."""
        return value if value and value.strip() else None


class ChatMessageSerializer(MessageWriteSerializer):
    """The body of POST /ai/chat/{room_id}/message and /stream."""
