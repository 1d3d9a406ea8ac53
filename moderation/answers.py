"""What reports, sanctions and appeals look like in answers, for the OpenAPI document; moderation/shapes.py renders them."""

from typing import Any

from rest_framework import serializers

from lifestring.openapi.fields import Answer
from moderation.models import AppealStatus, SanctionKind
from moderation.reasons import Reason, TargetType

Json = dict[str, Any]


class ReportAnswer(Answer):
    """A report, as whoever made it sees it."""

    id = serializers.UUIDField()
    target_type = serializers.ChoiceField(choices=TargetType.values)
    target_id = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=Reason.values)
    details = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=["open", "closed"])
    outcome = serializers.ChoiceField(
        choices=["no_action", "action_taken"], allow_null=True, help_text="Null while it is open."
    )
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class AppealAnswer(Answer):
    """An appeal, as whoever made it sees it."""

    id = serializers.UUIDField()
    sanction_id = serializers.UUIDField()
    text = serializers.CharField()
    status = serializers.ChoiceField(choices=AppealStatus.values)
    answer = serializers.CharField(allow_null=True, help_text="Null while nobody has decided.")
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class SanctionAnswer(Answer):
    """A sanction, as the person it is against sees it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=SanctionKind.values)
    reason = serializers.CharField(help_text="What the person is told.")
    imposed_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text="When a suspension ends by itself; null for one for good, and for a warning."
    )
    lifted_at = serializers.DateTimeField(allow_null=True, help_text="When it was ended before its time.")
    is_active = serializers.BooleanField(help_text="Whether it keeps the person from writing now.")
    target_type = serializers.ChoiceField(
        choices=TargetType.values,
        allow_null=True,
        help_text="What it was about; null where it was nothing in particular.",
    )
    target_id = serializers.UUIDField(allow_null=True)
    appeal = AppealAnswer(allow_null=True)


SANCTION_ID = "d5d3f1a2-5a36-47f1-8c11-7a4c2f9ae003"
REPORT: Json = {
    "id": "b6f6a3de-8a41-4a55-9d0e-3f0b8ad8e001",
    "target_type": "string",
    "target_id": "b7d4f1c2-8a0e-4f6b-9c1d-2e3f4a5b6c7d",
    "reason": "spam",
    "details": "The same advertisement under every post.",
    "status": "open",
    "outcome": None,
    "created_at": "2026-11-25T09:57:00.000000Z",
    "decided_at": None,
}
APPEAL: Json = {
    "id": "c1b0d7c4-64a1-4d8f-8f0a-0b1a9cf1e002",
    "sanction_id": SANCTION_ID,
    "text": "That was a quotation.",
    "status": "open",
    "answer": None,
    "created_at": "2026-11-25T10:12:00.000000Z",
    "decided_at": None,
}
SANCTION: Json = {
    "id": SANCTION_ID,
    "kind": "suspension",
    "reason": "Insults, after a warning.",
    "imposed_at": "2026-11-25T09:59:00.000000Z",
    "ends_at": "2026-12-02T09:59:00.000000Z",
    "lifted_at": None,
    "is_active": True,
    "target_type": "comment",
    "target_id": "7e9a7a0c-2f7d-4f0a-bb8b-0c8c9d7fe004",
    "appeal": APPEAL,
}
