"""Tables of moderation, all of our own and in the schema `django`; people and things are plain ids (docs/database.md)."""

from moderation.models.cases import Case, CaseNote, CaseStatus, Decision, Report, Snapshot, Source
from moderation.models.sanctions import Appeal, AppealStatus, Sanction, SanctionKind
from moderation.models.trail import Action, AuditEntry
from moderation.reasons import Reason, TargetType

__all__ = [
    "Action",
    "Appeal",
    "AppealStatus",
    "AuditEntry",
    "Case",
    "CaseNote",
    "CaseStatus",
    "Decision",
    "Reason",
    "Report",
    "Sanction",
    "SanctionKind",
    "Snapshot",
    "Source",
    "TargetType",
]
