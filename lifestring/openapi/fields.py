"""Fields as JSON Schema: our own ones, and those that only answers have."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lifestring.json_fields import MAX_BYTES, MAX_DEPTH

JSON_BOUNDS = f"At most {MAX_DEPTH} levels and {MAX_BYTES // 1024} KiB."


class JSONObjectFieldSchema(OpenApiSerializerFieldExtension):
    """A JSON object that clients fill as they like."""

    target_class = "lifestring.json_fields.JSONObjectField"
    match_subclasses = True

    def map_serializer_field(
        self,
        auto_schema: Any,
        direction: Any,
    ) -> dict[str, Any]:
        """Return the field's schema."""
        return {"type": "object", "additionalProperties": True}


class Answer(serializers.Serializer[Any]):
    """The base of serializers that describe answers; what renders them are the shapes."""


@extend_schema_field({"type": ["object", "array", "string", "number", "boolean", "null"], "additionalProperties": True})
class FreeObjectField(serializers.Field[Any, Any, Any, Any]):
    """What a JSON column holds: an object whose keys are the clients' own, or whatever another client wrote there."""


@extend_schema_field({"type": "null"})
class NullField(serializers.Field[Any, Any, Any, Any]):
    """Always null."""
