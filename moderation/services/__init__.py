"""Every write of moderation."""

from moderation.services.reports import content_flag, report_create

__all__ = [
    "content_flag",
    "report_create",
]
