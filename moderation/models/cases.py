"""Reports, the cases they make, what moderators note and decide, and what was removed and can be put back."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from moderation.querysets import CaseQuerySet, ReportQuerySet, SnapshotQuerySet
from moderation.reasons import Reason, TargetType


class CaseStatus(models.TextChoices):
    """Whether anything is left to decide."""

    OPEN = "open"
    DECIDED = "decided"


class Decision(models.TextChoices):
    """How a case ended; what was done further is in the trail."""

    DISMISSED = "dismissed"
    REMOVED = "removed"
    WARNED = "warned"
    SUSPENDED = "suspended"
    RESTORED = "restored"


class Source(models.TextChoices):
    """Who says that something is wrong: a person, or what looks by itself."""

    PERSON = "person"
    AI = "ai"
    LINKS = "rule.links"
    REPEATS = "rule.repeats"
    REQUESTS = "rule.requests"


class Case(models.Model):
    """All that was said of one thing until somebody decides; a constraint keeps it to one open case for each thing.

    `person_id` is whose thing it is: null for a room, which is nobody's. `room_id` is where a message was said. `version`
    grows with whatever staff do, so that nobody acts on what they have not seen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    target_type = models.CharField(max_length=16, choices=TargetType.choices)
    target_id = models.UUIDField()
    person_id = models.UUIDField(null=True)
    room_id = models.UUIDField(null=True)
    status = models.CharField(max_length=16, choices=CaseStatus.choices, default=CaseStatus.OPEN)
    severity = models.SmallIntegerField()
    reporters_count = models.IntegerField(default=0)
    opened_at = models.DateTimeField(db_default=Now())
    reported_at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1)
    claimed_by = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=16, choices=Decision.choices, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["target_type", "target_id"], condition=models.Q(status="open"), name="one_open_case_per_target"
            )
        ]
        indexes = [
            models.Index(
                fields=["-severity", "-reporters_count", "opened_at", "id"],
                condition=models.Q(status="open"),
                name="case_queue",
            ),
            models.Index(fields=["target_type", "target_id", "-opened_at"], name="case_of_target"),
            models.Index(fields=["person_id", "-opened_at"], name="case_of_person"),
            models.Index(fields=["-decided_at", "id"], condition=models.Q(status="decided"), name="case_decided"),
            models.Index(fields=["room_id"], condition=models.Q(room_id__isnull=False), name="case_in_room"),
        ]

    def __str__(self) -> str:
        return f"{self.target_type} {self.target_id}: {self.decision or self.status}"


class Report(models.Model):
    """One person's word, or a program's, about one thing; at most one of each that is still open.

    `reporter_id` is null where it was no person, and where they have been erased since.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, models.CASCADE, related_name="reports")
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.PERSON)
    reporter_id = models.UUIDField(null=True)
    target_type = models.CharField(max_length=16, choices=TargetType.choices)
    target_id = models.UUIDField()
    reason = models.CharField(max_length=16, choices=Reason.choices)
    details = models.TextField(blank=True)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reporter_id", "target_type", "target_id"],
                condition=models.Q(is_open=True, source="person"),
                name="one_open_report_per_reporter",
            ),
            models.UniqueConstraint(
                fields=["source", "target_type", "target_id"],
                condition=models.Q(is_open=True) & ~models.Q(source="person"),
                name="one_open_flag_per_source",
            ),
        ]
        indexes = [
            models.Index(fields=["reporter_id", "-created_at", "id"], name="report_of_person"),
            models.Index(fields=["-created_at", "id"], name="report_newest"),
            models.Index(fields=["target_id"], name="report_of_target"),
        ]

    def __str__(self) -> str:
        return f"{self.target_type} {self.target_id}: {self.reason}"


class CaseNote(models.Model):
    """What one moderator wants the others to know; `author_id` is null once they were erased."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    author_id = models.UUIDField(null=True)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["author_id"], name="casenote_author")]

    def __str__(self) -> str:
        return self.text[:80]


class Snapshot(models.Model):
    """A thing that was removed, with all that hung on it; it goes when that is put back, or after `expires_at`.

    `content` is JSON as the database wrote it, which nobody here parses: other clients' columns may hold what no program
    reads. `people` are all whose rows are in it, so that erasing one of them finds it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, models.CASCADE, related_name="snapshots")
    target_type = models.CharField(max_length=16, choices=TargetType.choices)
    target_id = models.UUIDField()
    person_id = models.UUIDField(null=True)
    people = ArrayField(models.UUIDField())
    content = models.TextField()
    removed_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target_type", "target_id"], name="one_snapshot_per_target")]
        indexes = [
            GinIndex(fields=["people"], name="snapshot_people"),
            models.Index(fields=["expires_at"], name="snapshot_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.target_type} {self.target_id} until {self.expires_at}"
