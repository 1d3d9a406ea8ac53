"""Everything the product holds about a person, as one JSON document that is written while it is read (docs/api.md, People).

Each app registers what it holds when it is loaded, since accounts knows nothing of other apps' tables.

Rows come by key, a few hundred at a time, in statements of their own: no transaction stays open and no connection is
held while a slow reader takes the bytes, so that exports cannot starve requests, and it works behind any pooler. The
price is that the document is no snapshot: a row that is there throughout is in it exactly once, one that comes or goes
meanwhile may or may not be.
"""

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from lifestring import rows
from lifestring.db import connection_release
from lifestring.rendering import dumps, json_text
from lifestring.rows import Row

BATCH = 500
CHUNK_BYTES = 64 * 1024

Exporter = Callable[[uuid.UUID], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One list in the document.

    Args:
        name: the list's name.
        description: what is in it, for the OpenAPI document.
        exporter: yields a person's rows one by one, ready for JSON; `table` makes the usual one.
    """

    name: str
    description: str
    exporter: Exporter


_parts: dict[str, Part] = {}


def register_exports(*parts: Part) -> None:
    """Have these lists in every export."""
    _parts.update({part.name: part for part in parts})


def export_parts() -> list[Part]:
    """Return what exports are made of, in the order of the document."""
    return list(_parts.values())


def table(
    build: rows.Build,
    *columns: str,
    json: Collection[str] = (),
    keys: int = 1,
    batch: int = BATCH,
    **renamed: str,
) -> Exporter:
    """Return an exporter of rows as objects of their columns.

    Args:
        build: `build(user_id, *last)` returns what follows a key (`after`); a function without a closure.
        columns: what `values_list` takes; the key comes first, unique among the person's rows.
        json: columns that pass through as the JSON text the database wrote.
        keys: how many columns the key has.
        batch: so many rows in one statement.
        renamed: further columns under names of their own, as name=column.
    """
    names, lookups = (*columns, *renamed), (*columns, *renamed.values())

    def exporter(user_id: uuid.UUID) -> Iterator[dict[str, Any]]:
        for row in _by_key(build, user_id, lookups, keys, batch):
            shape = dict(zip(names, row, strict=True))
            yield {**shape, **{name: json_text(shape[name]) for name in json}}

    return exporter


def after(found: QuerySet[Any, Any], key: str, last: Any) -> QuerySet[Any, Any]:
    """Narrow to what follows the row whose key is `last`, or start where that is None; ordered by the key."""
    return (found if last is None else found.filter(**{f"{key}__gt": last})).order_by(key)


def _by_key(build: rows.Build, user_id: uuid.UUID, columns: tuple[str, ...], keys: int, batch: int) -> Iterator[Row]:
    """Yield rows as the driver returns them, without ever holding more than one batch."""
    last: Row = (None,) * keys
    while True:
        page = rows.fetch(build, (user_id, *last), columns, limit=batch)
        # Back to the pool: until the reader has taken these, others can use the connection.
        connection_release()
        yield from page
        if len(page) < batch:
            return
        last = page[-1][:keys]


def export_chunks(user_id: uuid.UUID) -> Iterator[bytes]:
    """Yield the document in pieces of about 64 KiB; whole only where it ends with `complete`, so that a cut shows."""
    piece = bytearray(b'{"data":{')
    for place, part in enumerate(export_parts()):
        piece += b"%b%b:[" % (b"," if place else b"", dumps(part.name))
        separator = b""
        for row in part.exporter(user_id):
            piece += separator + dumps(row)
            separator = b","
            if len(piece) >= CHUNK_BYTES:
                yield bytes(piece)
                piece.clear()
        piece += b"]"
    piece += b'},"meta":%b}' % dumps({"user_id": user_id, "exported_at": timezone.now(), "complete": True})
    yield bytes(piece)
