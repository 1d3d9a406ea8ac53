"""What clients may write about strings and comments (docs/api.md, Strings)."""

import re
from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers

from lifestring.json_fields import IdField, ShortListField

MAX_TEXT = 10_000
MAX_IMAGES = 10
MAX_IMAGE_URL = 2_048
MAX_COMMENT = 2_000
NEITHER = "Write something or add an image."

_NEVER_IN_A_URL = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")


class ImageURLField(serializers.CharField):
    """An http or https address of an image; it is stored, never fetched."""

    def to_internal_value(self, data: Any) -> str:
        """Validate and return the address."""
        value: str = super().to_internal_value(data)
        try:
            parts = urlsplit(value)
            # Reading the port checks it.
            sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            sound = False
        if not sound or _NEVER_IN_A_URL.search(value):
            raise serializers.ValidationError("This must be an http or https URL.")
        return value


class StringWriteSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST, PUT and PATCH of a string."""

    content_text = serializers.CharField(
        max_length=MAX_TEXT, allow_blank=True, allow_null=True, required=False, trim_whitespace=False
    )
    content_images = ShortListField(
        child=ImageURLField(max_length=MAX_IMAGE_URL), max_length=MAX_IMAGES, allow_null=True, required=False
    )
    stringable_type = serializers.CharField(max_length=255, allow_null=True, required=False)
    stringable_id = IdField(allow_null=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Blank text is none, and an attached thing needs its kind."""
        text = attrs.get("content_text")
        if text is not None and not text.strip():
            attrs["content_text"] = None
        return attrs


class CommentWriteSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST of a comment."""

    content = serializers.CharField(max_length=MAX_COMMENT, trim_whitespace=False)
    parent_comment_id = IdField(allow_null=True, required=False, default=None)

    def validate_content(self, value: str) -> str:
        """Refuse a comment of spaces only."""
        if not value.strip():
            raise serializers.ValidationError("This field may not be blank.")
        return value


class CommentUpdateSerializer(CommentWriteSerializer):
    """The body of PUT and PATCH of a comment: the text; a comment never moves."""

    parent_comment_id = None  # type: ignore[assignment]
