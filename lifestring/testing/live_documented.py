"""Holding the server's frames against the AsyncAPI document, whose objects are closed here: a field nobody wrote down fails."""

import copy
from collections import defaultdict
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from lifestring.asyncapi.document import frames, is_sent_by_clients, live_document, types_of
from lifestring.testing.documented import formats


@cache
def _validators() -> dict[str, list[tuple[str, Any]]]:
    """By type of frame: what the server may send under it."""
    schemas = copy.deepcopy(live_document()["components"]["schemas"])
    for schema in schemas.values():
        schema["additionalProperties"] = False
    found = defaultdict(list)
    for name, frame in frames().items():
        if not is_sent_by_clients(frame):
            schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
            for kind in types_of(frame):
                found[kind].append((name, Draft202012Validator(schema, format_checker=formats)))
    return found


def assert_frame_documented(frame: dict[str, Any]) -> None:
    """Fail unless a frame is one that the document has."""
    errors = {}
    for name, validator in _validators().get(frame["type"], ()):
        error = next(validator.iter_errors(frame), None)
        if error is None:
            return
        errors[name] = f"{error.json_path}: {error.message}"
    raise AssertionError(f"{frame} is not documented: {errors or 'no such type'}")
