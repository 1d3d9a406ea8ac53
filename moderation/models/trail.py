"""Who did what, and why: entries that are written once (docs/database.md, The trail)."""

from django.db import models
from django.db.models.functions import Now

from moderation.querysets import AuditEntryQuerySet


class Action(models.TextChoices):
    """What staff do."""

    CASE_CLAIMED = "case.claimed"
    CASE_RELEASED = "case.released"
    CASE_HANDED_OVER = "case.handed_over"
    CASE_RECEIVED = "case.received"
    CASE_NOTED = "case.noted"
    CASE_DISMISSED = "case.dismissed"
    CONTENT_REMOVED = "content.removed"
    CONTENT_RESTORED = "content.restored"
    PERSON_WARNED = "person.warned"
    PERSON_SUSPENDED = "person.suspended"
    SANCTION_LIFTED = "sanction.lifted"
    APPEAL_GRANTED = "appeal.granted"
    APPEAL_REFUSED = "appeal.refused"
    ROOM_READ = "room.read"
    PROFILE_CHANGED = "profile.changed"
    PERSON_SIGNED_OUT = "person.signed_out"
    PERSON_EXPORTED = "person.exported"
    PERSON_ERASED = "person.erased"


class AuditEntry(models.Model):
    """One act of one member of staff; a trigger of the database refuses to change or delete it.

    The one exception is the erasure of a person: `actor_id` of somebody who is gone becomes null; where they were whom it
    was about, so does what tells of them.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    actor_id = models.UUIDField(null=True)
    action = models.CharField(max_length=32)
    case_id = models.UUIDField(null=True)
    target_type = models.CharField(max_length=16, blank=True)
    target_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    why = models.TextField(null=True)  # noqa: DJ001 - null once it was forgotten, which empty is not
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            models.Index(fields=["person_id", "-id"], name="audit_person"),
            models.Index(fields=["case_id", "-id"], name="audit_case"),
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
            models.Index(fields=["-at", "-id"], name="audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.at} {self.action}"
