"""A profile's JSON, field by field: what is shown of it, and what a form that comes back changes.

Other clients write these columns too. A field is told by its key and shown as text, as lines or as JSON; a column that is no
object, or cannot be read, is shown as it is and left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from accounts.services.profiles import JSON_COLUMNS
from lifestring.errors import ValidationFailedError
from lifestring.parsing import check_storable, strict_json
from lifestring.rendering import dumps, exact_json

Kind = Literal["text", "lines", "json"]
# A form has a thousand fields at most, and every one here is three.
MOST_KEYS = 60
CHANGED_MEANWHILE = "Somebody changed this field meanwhile; look at it again."


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a column; `name` is the input's, and `rows` how high it is (0: one line)."""

    column: str
    key: str
    kind: Kind
    text: str

    @property
    def name(self) -> str:
        """What the input is called."""
        return f"{self.column}:{self.key}"

    @property
    def rows(self) -> int:
        """How many lines to offer; 0 for an input of one line."""
        lines = self.text.count("\n") + 1
        long = len(self.text) > 70 or lines > 1 or self.kind != "text"
        return min(12, max(2, lines + len(self.text) // 90)) if long else 0


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `raw` is set, and no fields, where it cannot be taken apart."""

    name: str
    fields: tuple[Field, ...] = ()
    raw: str | None = None


def columns_of(texts: Mapping[str, str | None]) -> list[Column]:
    """Take apart what the database wrote, by column."""
    return [_column(name, texts.get(name)) for name in JSON_COLUMNS]


def _column(name: str, text: str | None) -> Column:
    if text is None:
        return Column(name)
    try:
        value = exact_json(text)
    except (ValueError, RecursionError):
        return Column(name, raw=text)
    if not isinstance(value, dict) or len(value) > MOST_KEYS:
        return Column(name, raw=text)
    return Column(name, tuple(_field(name, key, item) for key, item in value.items()))


def _field(column: str, key: str, value: Any) -> Field:
    if value is None or isinstance(value, str):
        return Field(column, key, "text", value or "")
    if isinstance(value, list) and value and all(isinstance(item, str) and "\n" not in item for item in value):
        return Field(column, key, "lines", "\n".join(value))
    return Field(column, key, "json", dumps(value).decode())


def patches(columns: list[Column], form: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return what a form changes, as merge patches by column.

    Args:
        columns: what there is now.
        form: by the field's name what it says, by `was:` and the name what was shown, and `drop:` and the name to take it
            away; `new_column`, `new_key` and `new_text` add one.

    Raises:
        ValidationFailedError: a field was changed meanwhile, or holds what cannot be stored; by the field's name.
    """
    found: dict[str, dict[str, Any]] = {}
    errors: dict[str, list[str]] = {}
    for field in (field for column in columns for field in column.fields):
        was, now = _posted(form, f"was:{field.name}"), _posted(form, field.name)
        dropped = f"drop:{field.name}" in form
        if was is None or now is None or (now == was and not dropped):
            continue
        try:
            if was != field.text:
                raise ValueError(CHANGED_MEANWHILE)
            found.setdefault(field.column, {})[field.key] = None if dropped else _value(field.kind, now)
        except ValueError as error:
            errors[field.name] = [str(error)]
    column, key = form.get("new_column", ""), form.get("new_key", "").strip()
    if key and column in JSON_COLUMNS:
        found.setdefault(column, {})[key] = _posted(form, "new_text") or ""
    if errors:
        raise ValidationFailedError(errors)
    check_storable(json.dumps(found, default=str).encode(), found)
    return found


def _posted(form: Mapping[str, str], name: str) -> str | None:
    """Browsers end lines in their own way."""
    text = form.get(name)
    return None if text is None else text.replace("\r\n", "\n")


def _value(kind: Kind, text: str) -> Any:
    if kind == "text":
        return text
    if kind == "lines":
        return [line for line in text.split("\n") if line.strip()]
    try:
        return strict_json(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise ValueError("This is not JSON.") from error
