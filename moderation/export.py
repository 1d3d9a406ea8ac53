"""What an export holds of moderation (docs/api.md, People): what one said, and what one was told.

Who reported what of a person's, and what moderators note about it, is in nobody's export: it is others' word, given in
confidence.
"""

import uuid

from django.db.models import QuerySet

from accounts.exporting import Part, after, table
from moderation.models import Report, Sanction, Snapshot


def _reports(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Report]:
    return after(Report.objects.by_person(user_id), "id", last)


def _sanctions(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Sanction]:
    return after(Sanction.objects.filter(person_id=user_id).with_appeal(), "id", last)


def _removed(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Snapshot]:
    return after(Snapshot.objects.filter(person_id=user_id).with_own_part(), "id", last)


EXPORTS = (
    Part(
        "reports",
        "What one reported, and how that ended.",
        table(
            _reports,
            *("id", "target_type", "target_id", "reason", "details", "created_at"),
            outcome="case__decision",
            decided_at="case__decided_at",
        ),
    ),
    Part(
        "sanctions",
        "Warnings and suspensions, and what one said to them.",
        table(
            _sanctions,
            *("id", "kind", "reason", "imposed_at", "ends_at", "lifted_at"),
            *("appeal_text", "appeal_status", "appeal_answer", "appeal_at"),
        ),
    ),
    Part(
        "removed",
        "Own things that moderators removed and can still put back.",
        table(
            _removed,
            *("id", "target_type", "target_id", "removed_at", "expires_at", "own_part"),
            json=("own_part",),
        ),
    ),
)
