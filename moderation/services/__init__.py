"""Every write of moderation."""

from moderation.services.bans import ban_ask, ban_forget, bans_sweep
from moderation.services.cases import (
    case_claim,
    case_dismiss,
    case_hand_over,
    case_note,
    case_release,
    case_remove,
    case_restore,
    case_suspend,
    case_warn,
)
from moderation.services.orphans import moderation_orphans_sweep
from moderation.services.people import appeal_create, appeal_decide, person_suspend, person_warn, sanction_lift
from moderation.services.reports import content_flag, report_create
from moderation.services.retention import cases_forget
from moderation.services.snapshots import snapshots_expire

__all__ = [
    "appeal_create",
    "appeal_decide",
    "ban_ask",
    "ban_forget",
    "bans_sweep",
    "case_claim",
    "case_dismiss",
    "case_hand_over",
    "case_note",
    "case_release",
    "case_remove",
    "case_restore",
    "case_suspend",
    "case_warn",
    "cases_forget",
    "content_flag",
    "moderation_orphans_sweep",
    "person_suspend",
    "person_warn",
    "report_create",
    "sanction_lift",
    "snapshots_expire",
]
