"""What clients may write: reports and appeals (docs/api.md, Moderation)."""

from rest_framework import serializers

from lifestring.json_fields import IdField
from moderation.reasons import Reason, TargetType
from moderation.services.reports import MAX_DETAILS

MAX_APPEAL = 5_000


class ReportWriteSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST of a report."""

    target_type = serializers.ChoiceField(choices=TargetType.choices)
    target_id = IdField()
    reason = serializers.ChoiceField(choices=Reason.choices)
    details = serializers.CharField(max_length=MAX_DETAILS, allow_blank=True, required=False, default="")


class AppealWriteSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST of an appeal."""

    sanction_id = IdField()
    text = serializers.CharField(max_length=MAX_APPEAL)
