"""Serializer fields for JSON: ids, objects for JSONB columns and lists of bounded size (docs/api.md, Conventions)."""

import uuid
from typing import Any

from rest_framework import serializers

from lifestring.rendering import dumps

MAX_DEPTH = 10
MAX_BYTES = 64 * 1024
TOO_DEEP = f"This must not be nested deeper than {MAX_DEPTH} levels."


class IdField(serializers.UUIDField):
    """A uuid written as text; DRF's own field takes a bare number, and so `true`, for the uuid of that value."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        """Validate and return the id."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        found: uuid.UUID = super().to_internal_value(data)
        return found


class JSONObjectField(serializers.Field):  # type: ignore[type-arg]
    """A JSON object of at most 10 levels and 64 KiB."""

    default_error_messages = {
        "not_an_object": "This must be an object.",
        "too_deep": TOO_DEEP,
        "too_large": f"This must not be larger than {MAX_BYTES // 1024} KiB.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Validate and return the object."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        if _depth_exceeds(data, MAX_DEPTH):
            self.fail("too_deep")
        if len(dumps(data)) > MAX_BYTES:
            self.fail("too_large")
        return data

    def to_representation(self, value: Any) -> Any:
        """Return what the column holds, whatever it is."""
        return value


class ShortListField(serializers.ListField):
    """A list whose length is checked before its items are: a body holds hundreds of thousands, each with its message."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Validate and return the list."""
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        found: list[Any] = super().to_internal_value(data)
        return found


def _depth_exceeds(data: Any, most: int) -> bool:
    level = [data]
    for _ in range(most):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
