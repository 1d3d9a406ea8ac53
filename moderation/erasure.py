"""What erasing an account means for moderation (docs/api.md, People).

All that is about the person goes, cases included. Of what they said about others the report stays, without their name and
words, since it is why a case is there; of what they did as staff the act stays.
"""

import uuid

from django.db.models import F

from moderation.models import Appeal, AuditEntry, Case, CaseNote, Report, Sanction, Snapshot
from moderation.targets import target_of


def erase_moderation(user_id: uuid.UUID) -> None:
    """Forget a person who has no profile any more."""
    # One at a time: each may be large.
    for snapshot_id in list(Snapshot.objects.holding(user_id).order_by("id").values_list("id", flat=True)):
        for snapshot in Snapshot.objects.select_for_update(of=("self",)).filter(id=snapshot_id):
            _take_out(snapshot, user_id)
    Case.objects.filter(person_id=user_id).delete()
    Sanction.objects.filter(person_id=user_id).delete()
    Report.objects.filter(reporter_id=user_id).update(reporter_id=None, details="")
    CaseNote.objects.filter(author_id=user_id).update(author_id=None)
    Case.objects.filter(claimed_by=user_id).update(claimed_by=None, claimed_at=None, version=F("version") + 1)
    Case.objects.filter(decided_by=user_id).update(decided_by=None)
    Sanction.objects.filter(imposed_by=user_id).update(imposed_by=None)
    Sanction.objects.filter(lifted_by=user_id).update(lifted_by=None)
    Appeal.objects.filter(decided_by=user_id).update(decided_by=None)
    forgotten = {"person_id": None, "case_id": None, "target_id": None, "why": None, "before": None, "after": None}
    AuditEntry.objects.filter(person_id=user_id).update(**forgotten)
    AuditEntry.objects.filter(actor_id=user_id).update(actor_id=None)


def _take_out(snapshot: Snapshot, user_id: uuid.UUID) -> None:
    kept = None
    if snapshot.person_id != user_id:
        kept = target_of(snapshot.target_type).without(snapshot.content, user_id)
    if kept is None:
        snapshot.delete()
        return
    snapshot.content, snapshot.people = kept, [person for person in snapshot.people if person != user_id]
    snapshot.save(update_fields=["content", "people"])
