"""The trail as a table for other programs."""

import csv
import io
import json
from collections.abc import Iterator

from moderation.querysets import AuditEntryQuerySet

COLUMNS = (
    "id",
    "at",
    "actor_id",
    "action",
    "case_id",
    "target_type",
    "target_id",
    "person_id",
    "why",
    "before",
    "after",
)
BATCH = 500
# Spreadsheets take a cell that begins so for a formula, whoever wrote it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def audit_csv(entries: AuditEntryQuerySet) -> Iterator[bytes]:
    """Yield entries of the trail as CSV in UTF-8, the newest first, read a few hundred at a time.

    Args:
        entries: which, unsliced; their order is not kept.
    """
    yield _lines([COLUMNS])
    found, last = entries.order_by("-id").values_list(*COLUMNS), None
    while True:
        page = list((found if last is None else found.filter(id__lt=last))[:BATCH])
        if not page:
            return
        yield _lines(page)
        last = page[-1][0]


def _lines(rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    said = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{said}" if said.startswith(_FORMULA) else said
