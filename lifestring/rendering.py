"""How answers become JSON: ids lowercase, times ISO 8601 in UTC with `Z` and microseconds (docs/api.md, Conventions)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.utils.functional import Promise
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS
_ORJSON_BITS = 63


def iso(value: datetime) -> str:
    """Return `2026-11-23T09:57:00.000000Z`; a datetime without a zone is taken as UTC."""
    if value.tzinfo is not None and value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def json_text(text: str | None) -> orjson.Fragment | None:
    """Pass JSON that the database already wrote through unparsed; None stays null."""
    return None if text is None else orjson.Fragment(text)


def exact_json(text: str) -> Any:
    """Parse JSON that the database wrote, for `dumps` to write again; numbers of any size stay as they are written.

    Raises:
        RecursionError: it is nested beyond what can be read.
    """
    return json.loads(text, parse_int=orjson.Fragment, parse_float=orjson.Fragment)


def dumps(data: Any) -> bytes:
    """Serialise to UTF-8 JSON.

    Numbers beyond 64 bits, which JSONB columns may hold, take a slower second pass.
    """
    try:
        return orjson.dumps(data, default=_default, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_with_written_numbers(data), default=_default, option=_OPTIONS)


def _with_written_numbers(data: Any) -> Any:
    """Write the integers orjson does not know beforehand, and leave the rest to it."""
    if isinstance(data, Mapping):
        return {_key(name): _with_written_numbers(value) for name, value in data.items()}
    if isinstance(data, list | tuple | set | frozenset):
        return [_with_written_numbers(value) for value in data]
    if isinstance(data, int) and data.bit_length() > _ORJSON_BITS:
        return orjson.Fragment(str(data))
    return data


def _key(name: Any) -> Any:
    return str(name) if isinstance(name, int) and name.bit_length() > _ORJSON_BITS else name


def _default(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID | Promise):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


class JSONRenderer(BaseRenderer):
    """DRF's way out: one format, `application/json`."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the body; nothing at all for answers without one (204)."""
        return b"" if data is None else dumps(data)


class AlwaysJSON(BaseContentNegotiation):
    """Answer JSON whatever `Accept` says, as the old backend did."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Take JSON, with or without a declared content type."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return parsers[0] if not media_type or media_type.endswith(("/json", "+json")) else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Take the one renderer."""
        return renderers[0], renderers[0].media_type
