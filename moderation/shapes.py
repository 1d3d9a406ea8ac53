"""How reports, sanctions and appeals look in answers (docs/api.md, Moderation): columns in, JSON objects out.

Nothing here says who reported, who decided or who imposed something.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.utils import timezone

from lifestring.rows import Row

REPORT_COLUMNS = (
    *("id", "target_type", "target_id", "reason", "details", "created_at"),
    *("is_open", "case__decision", "case__decided_at"),
)
SANCTION_COLUMNS = (
    *("id", "kind", "reason", "imposed_at", "ends_at", "lifted_at", "case__target_type", "case__target_id"),
    *("appeal__id", "appeal__text", "appeal__status", "appeal__answer", "appeal__created_at", "appeal__decided_at"),
)
# What was decided, as its reporter hears of it.
_OUTCOMES = {"": None, "dismissed": "no_action", "restored": "no_action"}


class ReportShape(TypedDict):
    """A report, to whoever made it."""

    id: uuid.UUID
    target_type: str
    target_id: uuid.UUID
    reason: str
    details: str
    status: str
    outcome: str | None
    created_at: datetime
    decided_at: datetime | None


class AppealShape(TypedDict):
    """An appeal, to whoever made it."""

    id: uuid.UUID
    sanction_id: uuid.UUID
    text: str
    status: str
    answer: str | None
    created_at: datetime
    decided_at: datetime | None


class SanctionShape(TypedDict):
    """A sanction, to the person it is against."""

    id: uuid.UUID
    kind: str
    reason: str
    imposed_at: datetime
    ends_at: datetime | None
    lifted_at: datetime | None
    is_active: bool
    target_type: str | None
    target_id: uuid.UUID | None
    appeal: AppealShape | None


def report_shapes(found: list[Row]) -> Sequence[ReportShape]:
    """Shape rows of `REPORT_COLUMNS`."""
    return [_report_shape(row) for row in found]


def _report_shape(row: Row) -> ReportShape:
    report_id, kind, target_id, reason, details, created_at, is_open, decision, decided_at = row
    return {
        "id": report_id,
        "target_type": kind,
        "target_id": target_id,
        "reason": reason,
        "details": details,
        "status": "open" if is_open else "closed",
        "outcome": None if is_open else _OUTCOMES.get(decision, "action_taken"),
        "created_at": created_at,
        "decided_at": None if is_open else decided_at,
    }


def sanction_shapes(found: list[Row]) -> Sequence[SanctionShape]:
    """Shape rows of `SANCTION_COLUMNS`."""
    return [_sanction_shape(row) for row in found]


def _sanction_shape(row: Row) -> SanctionShape:
    sanction_id, kind, reason, imposed_at, ends_at, lifted_at, target_type, target_id = row[:8]
    return {
        "id": sanction_id,
        "kind": kind,
        "reason": reason,
        "imposed_at": imposed_at,
        "ends_at": ends_at,
        "lifted_at": lifted_at,
        "is_active": kind == "suspension" and lifted_at is None and (ends_at is None or ends_at > timezone.now()),
        "target_type": target_type,
        "target_id": target_id,
        "appeal": appeal_shape(row),
    }


def appeal_shape(row: Row) -> AppealShape | None:
    """Shape the appeal in a row of `SANCTION_COLUMNS`, None where there is none."""
    appeal_id, text, status, answer, created_at, decided_at = row[8:]
    if appeal_id is None:
        return None
    return {
        "id": appeal_id,
        "sanction_id": row[0],
        "text": text,
        "status": status,
        "answer": answer or None,
        "created_at": created_at,
        "decided_at": decided_at,
    }
