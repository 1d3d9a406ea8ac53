"""The routes of reports, sanctions and appeals (docs/api.md, Moderation)."""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from lifestring import rows
from lifestring.errors import NotFoundError
from lifestring.listing import Ordering
from lifestring.pagination import Listing, paginate
from lifestring.views import ApiViewSet, validated
from moderation import reads, services
from moderation.openapi import appeal_docs, report_docs, sanction_docs
from moderation.serializers import AppealWriteSerializer, ReportWriteSerializer
from moderation.shapes import REPORT_COLUMNS, SANCTION_COLUMNS, appeal_shape, report_shapes, sanction_shapes

REPORTS = Ordering({"created_at": "created_at"}, "created_at")
SANCTIONS = Ordering({"imposed_at": "imposed_at"}, "imposed_at")


@report_docs
class ReportViewSet(ApiViewSet):
    """What the caller reports."""

    def create(self, request: Request) -> Response:
        """Report something."""
        caller = caller_of(request)
        values = validated(ReportWriteSerializer(data=request.data))
        report_id = services.report_create(caller=caller, **values)
        found = rows.fetch(reads.own_report, (report_id, caller), REPORT_COLUMNS)
        if not found:
            raise NotFoundError
        return Response({"data": report_shapes(found)[0]}, status=201)

    def mine(self, request: Request) -> Response:
        """List the caller's reports, the newest first."""
        listed = Listing(reads.own_reports, (caller_of(request),), REPORTS, REPORT_COLUMNS)
        return Response(paginate(request, listed, report_shapes))


@sanction_docs
class SanctionViewSet(ApiViewSet):
    """What the caller was told or forbidden."""

    def mine(self, request: Request) -> Response:
        """List it, the newest first."""
        listed = Listing(reads.own_sanctions, (caller_of(request),), SANCTIONS, SANCTION_COLUMNS)
        return Response(paginate(request, listed, sanction_shapes))


@appeal_docs
class AppealViewSet(ApiViewSet):
    """What the caller says to it."""

    open_to_suspended = True

    def create(self, request: Request) -> Response:
        """Appeal against a sanction."""
        caller = caller_of(request)
        values = validated(AppealWriteSerializer(data=request.data))
        appeal_id = services.appeal_create(caller=caller, **values)
        found = rows.fetch(reads.own_appeal, (appeal_id, caller), SANCTION_COLUMNS)
        if not found:
            raise NotFoundError
        return Response({"data": appeal_shape(found[0])}, status=201)
