"""What the OpenAPI document says of reports, sanctions and appeals."""

from drf_spectacular.utils import extend_schema

from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.operations import SharedError, answer, body, describe, document, nothing
from moderation.answers import APPEAL, REPORT, SANCTION, SANCTION_ID, AppealAnswer, ReportAnswer, SanctionAnswer
from moderation.serializers import MAX_APPEAL, AppealWriteSerializer, ReportWriteSerializer
from moderation.services.reports import MAX_DETAILS

TAGS = ["Moderation"]

describe(
    ReportWriteSerializer,
    target_type="What kind of thing it is about.",
    target_id="Which one; of a person the `user_id`.",
    reason="What is wrong with it.",
    details=f"In one's own words, at most {MAX_DETAILS:,} characters.",
)
describe(
    AppealWriteSerializer,
    sanction_id="The sanction.",
    text=f"What is to be said to it, at most {MAX_APPEAL:,} characters.",
)

report_docs = document(
    create=extend_schema(
        operation_id="report",
        tags=TAGS,
        summary="Report something",
        description=(
            "For moderators to look at; whom it is about never learns who reported it. Only what the caller can see can be "
            "reported, and nothing of their own (422 on `target_id`). Again, while the first report is open, it answers "
            "the first one and changes nothing."
        ),
        request=ReportWriteSerializer,
        examples=[
            body("string", {name: REPORT[name] for name in ("target_type", "target_id", "reason", "details")}),
        ],
        responses={
            201: answer(one(ReportAnswer), "The report.", report={"data": REPORT}),
            404: nothing("There is no such thing, or none for the caller."),
            429: nothing("Too many reports within an hour; `Retry-After` says when the next one is possible."),
        },
    ),
    mine=extend_schema(
        operation_id="list_my_reports",
        tags=TAGS,
        summary="List what you reported",
        description="With the outcome: whether anything was done about it, not what.",
        parameters=parameters.paging("created_at", default="created_at"),
        responses={200: answer(page_of(ReportAnswer), "Reports.", **page_examples("/api/my/reports", REPORT))},
    ),
)

sanction_docs = document(
    mine=extend_schema(
        operation_id="list_my_sanctions",
        tags=TAGS,
        summary="List your warnings and suspensions",
        description="With what they were for, when they end, and the caller's appeals.",
        parameters=parameters.paging("imposed_at", default="imposed_at"),
        responses={200: answer(page_of(SanctionAnswer), "Sanctions.", **page_examples("/api/my/sanctions", SANCTION))},
    ),
)

appeal_docs = document(
    create=extend_schema(
        operation_id="appeal",
        tags=TAGS,
        summary="Appeal against a sanction",
        description=(
            "Once for each sanction, while it lasts; 422 `conflict` otherwise. It is the one write that is open to the "
            "suspended. Somebody else than who imposed the sanction decides; the answer is in `GET /api/my/sanctions`."
        ),
        request=AppealWriteSerializer,
        examples=[body("appeal", {"sanction_id": SANCTION_ID, "text": APPEAL["text"]})],
        responses={
            201: answer(one(AppealAnswer), "The appeal.", appeal={"data": APPEAL}),
            403: SharedError("Banned", "The account is banned; being suspended is no hindrance."),
        },
    ),
)
