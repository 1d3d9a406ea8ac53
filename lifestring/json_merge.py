"""Merging into a JSONB column as RFC 7396 says, whatever another client wrote there (docs/api.md, Conventions)."""

from typing import Any

from django.db.models import JSONField, TextField, Value
from django.db.models.functions import Cast
from rest_framework import serializers

from lifestring.errors import ValidationFailedError, flatten_errors
from lifestring.json_fields import TOO_DEEP, JSONObjectField
from lifestring.rendering import dumps, exact_json


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply an RFC 7396 merge patch and return the result; neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def merged_column(name: str, text: str | None, patch: dict[str, Any]) -> dict[str, Any]:
    """Return what a column holds with a patch applied; numbers of any size stay as they are written.

    Args:
        name: the column's, for errors.
        text: its JSON as the database writes it; anything but an object counts as an empty one.
        patch: the validated patch.

    Raises:
        ValidationFailedError: the result would be too large or too deep.
    """
    value: dict[str, Any] = merge_patch(_parsed(name, text), patch)
    try:
        JSONObjectField().run_validation(value)
    except serializers.ValidationError as error:
        raise ValidationFailedError(flatten_errors(error.detail, name)) from error
    return value


def column_value(value: Any) -> Cast:
    """Return what to store for merged JSON; Django's own way knows no numbers that are kept as they are written."""
    return Cast(Value(dumps(value).decode(), output_field=TextField()), JSONField())


def _parsed(name: str, text: str | None) -> Any:
    if text is None or not text.startswith("{"):
        # A patch replaces anything but an object.
        return None
    try:
        return exact_json(text)
    except RecursionError:
        raise ValidationFailedError({name: [TOO_DEEP]}) from None
