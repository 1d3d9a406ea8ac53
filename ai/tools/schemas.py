"""What a model is told of a tool's arguments: JSON Schema, made of the serializer that will check them."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.drainage import get_override
from rest_framework import serializers

from lifestring.json_fields import IdField, JSONObjectField
from lifestring.openapi.operations import FIELD_DESCRIPTIONS

Json = dict[str, Any]
# The fields a model may fill; of a JSON column only the keys named here, with what goes under each.
Offer = Mapping[str, Mapping[str, Json] | None]


def parameters(serializer: type[serializers.Serializer[Any]], offer: Offer) -> Json:
    """Return the schema of the arguments a model may give.

    Args:
        serializer: checks what it gave.
        offer: the fields it is told of.
    """
    fields = serializer().fields
    described: Mapping[str, str] = get_override(serializer, FIELD_DESCRIPTIONS, {})
    properties = {}
    for name, keys in offer.items():
        properties[name] = _field(fields[name]) if keys is None else _object(keys)
        if name in described and keys is None:
            properties[name]["description"] = described[name]
    return {**_object(properties), "required": [name for name in offer if fields[name].required]}


def offered(arguments: Json, offer: Offer) -> Json:
    """Return what of a model's arguments it was told of; the rest counts as not given, and so does null."""
    return {
        name: arguments[name] if keys is None else _among(arguments[name], keys)
        for name, keys in offer.items()
        if arguments.get(name) is not None
    }


def _among(value: Any, keys: Mapping[str, Json]) -> Any:
    return {key: value[key] for key in keys if key in value} if isinstance(value, dict) else value


def _object(properties: Mapping[str, Json]) -> Json:
    return {"type": "object", "properties": {**properties}, "additionalProperties": False}


def _field(field: serializers.Field[Any, Any, Any, Any]) -> Json:
    for kind, schema in _KINDS:
        if isinstance(field, kind):
            return {**schema, **_bounds(field)}
    raise TypeError(f"{type(field).__name__} has no schema for a model")


# A choice is no text and an id is one, so order counts.
_KINDS: Sequence[tuple[type[Any], Json]] = (
    (serializers.ChoiceField, {"type": "string"}),
    (IdField, {"type": "string", "format": "uuid"}),
    (serializers.CharField, {"type": "string"}),
    (serializers.DateTimeField, {"type": "string", "format": "date-time"}),
    (serializers.BooleanField, {"type": "boolean"}),
    (serializers.IntegerField, {"type": "integer"}),
    (serializers.ListField, {"type": "array"}),
    (JSONObjectField, {"type": "object"}),
)


def _bounds(field: Any) -> Json:
    bounds: Json = {}
    if isinstance(field, serializers.ChoiceField):
        return {"enum": list(field.choices)}
    if isinstance(field, serializers.CharField | serializers.ListField) and field.max_length is not None:
        bounds["maxItems" if isinstance(field, serializers.ListField) else "maxLength"] = field.max_length
    if isinstance(field, serializers.ListField):
        bounds["items"] = _field(field.child)
    if isinstance(field, serializers.IntegerField):
        bounds |= {"minimum": field.min_value, "maximum": field.max_value}
    return bounds
