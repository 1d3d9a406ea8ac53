"""The download of everything about oneself (docs/api.md, People)."""

from itertools import chain

from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request

from accounts.callers import caller_of
from accounts.export_openapi import export_docs
from accounts.exporting import export_chunks
from lifestring.views import ApiViewSet


@export_docs
class ExportViewSet(ApiViewSet):
    """Everything about the caller."""

    # A tag of a stream could only be told after it.
    conditional = False
    limit_class = "export"

    def download(self, request: Request) -> StreamingHttpResponse:
        """Send it while it is read."""
        chunks = export_chunks(caller_of(request).user_id)
        # Whatever fails before the first piece is there, which for most people is all of it, still has a status.
        first = next(chunks)
        name = f"lifestring-export-{timezone.now():%Y-%m-%d}.json"
        answer = StreamingHttpResponse(chain([first], chunks), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["Cache-Control"] = "no-store"
        return answer
