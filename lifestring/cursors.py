"""Opaque, signed positions in a list: stable while rows are added, and useless when changed (docs/api.md, Conventions)."""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.conf import settings

from lifestring.errors import ValidationFailedError
from lifestring.rendering import dumps

_SIGNATURE_BYTES = 12


@dataclass(frozen=True)
class Position:
    """A row's place: its value in the sort column (None where null), its tiebreak, and which side of it is wanted.

    An `inclusive` one wants the row itself as well.
    """

    value: Any
    tiebreak: Any
    backwards: bool
    inclusive: bool = False


def encode(scope: str, position: Position) -> str:
    """Sign a position for one list; `scope` names the list, its order and its filters."""
    body = dumps([_tag(position.value), _tag(position.tiebreak), position.backwards + 2 * position.inclusive])
    return _text(_signature(scope, body) + body)


def decode(scope: str, cursor: str) -> Position:
    """Read a position back.

    Raises:
        ValidationFailedError: changed, cut, or made for another list or order.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if _text(raw) != cursor:  # base64 has several spellings of the same bytes
        raw = b""
    signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not body or not hmac.compare_digest(signature, _signature(scope, body)):
        raise ValidationFailedError({"cursor": ["This cursor was not made for this list."]})
    value, tiebreak, way = json.loads(body)
    return Position(_untag(value), _untag(tiebreak), backwards=bool(way & 1), inclusive=bool(way & 2))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _signature(scope: str, body: bytes) -> bytes:
    key = blake2b(settings.SECRET_KEY.encode(), person=b"cursor").digest()
    return blake2b(scope.encode() + b"\0" + body, key=key, digest_size=_SIGNATURE_BYTES).digest()


def _tag(value: Any) -> list[Any]:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", str(value)]
    return ["v", value]


def _untag(tagged: list[Any]) -> Any:
    kind, value = tagged
    if kind == "t":
        return datetime.fromisoformat(value)
    return UUID(value) if kind == "u" else value
