"""Serializer fields for JSONB columns: objects only, bounded in depth and size (docs/api.md, Conventions)."""

from typing import Any

from rest_framework import serializers

from lifestring.rendering import dumps

MAX_DEPTH = 10
MAX_BYTES = 64 * 1024


class JSONObjectField(serializers.Field):  # type: ignore[type-arg]
    """A JSON object of at most 10 levels and 64 KiB."""

    default_error_messages = {
        "not_an_object": "This must be an object.",
        "too_deep": f"This must not be nested deeper than {MAX_DEPTH} levels.",
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
