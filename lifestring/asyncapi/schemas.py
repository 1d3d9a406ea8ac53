"""JSON Schemas of typed dictionaries: what a frame may hold is written down once, as its type."""

import inspect
import types
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

Json = dict[str, Any]

_SCALARS: Mapping[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
    type(None): {"type": "null"},
}


def schema_of(kind: Any, found: dict[str, Json]) -> Json:
    """Return the schema of a type; typed dictionaries within it are added to `found` and referred to.

    Raises:
        TypeError: a kind of type that no frame has had so far.
    """
    if is_typeddict(kind):
        return _reference(kind, found)
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {NotRequired, Required}:
        return schema_of(arguments[0], found)
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [schema_of(argument, found) for argument in arguments]}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0], found)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1], found)}
    raise TypeError(f"{kind} has no schema yet")


def summary_of(kind: type) -> str:
    """Return what a type says of itself, as one paragraph per paragraph."""
    return inspect.cleandoc(kind.__doc__ or "")


def _reference(kind: Any, found: dict[str, Json]) -> Json:
    name = kind.__name__
    if name not in found:
        # Before its fields are looked at, which may refer to it.
        schema = found[name] = {"type": "object", "description": summary_of(kind)}
        hints = get_type_hints(kind, include_extras=True)
        schema["required"] = sorted(kind.__required_keys__, key=list(hints).index)
        schema["properties"] = {field: schema_of(hint, found) for field, hint in hints.items()}
    return {"$ref": f"#/components/schemas/{name}"}
