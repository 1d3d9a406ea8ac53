"""What the OpenAPI document says of the download of everything about oneself."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from accounts.answers import ALICE_ID
from accounts.exporting import export_parts
from lifestring.openapi.envelopes import envelope
from lifestring.openapi.fields import Answer
from lifestring.openapi.operations import answer, document


class ExportMetaAnswer(Answer):
    """What the export is; it comes last."""

    user_id = serializers.UUIDField()
    exported_at = serializers.DateTimeField(help_text="When its last row was read.")
    complete = serializers.BooleanField(help_text="Always true: a download that broke off has no such end.")


def _rows(description: str) -> Any:
    return serializers.ListField(child=serializers.DictField(), help_text=description)


_DATA = envelope("ExportData", "A list per kind of thing.", **{p.name: _rows(p.description) for p in export_parts()})
_EXPORT = envelope("Export", "Everything the product holds about a person.", data=_DATA(), meta=ExportMetaAnswer())

_EXAMPLE: dict[str, Any] = {
    "data": {part.name: [] for part in export_parts()},
    "meta": {"user_id": ALICE_ID, "exported_at": "2026-11-23T09:57:00.000000Z", "complete": True},
}

export_docs = document(
    download=extend_schema(
        operation_id="export_me",
        tags=["People"],
        summary="Download everything about you",
        description=(
            "Everything the product holds about the caller, streamed as one JSON file: what they wrote, liked and chose, "
            "their account and profile, and what was derived from them. Of other people only ids are in it. Rows that come "
            "or go during the download may or may not be in it. A download that broke off is no JSON; a whole one ends "
            "with `meta.complete`. For the suspended as well."
        ),
        parameters=[
            OpenApiParameter(
                "Content-Disposition",
                {"type": "string", "examples": ['attachment; filename="lifestring-export-2026-11-23.json"']},
                OpenApiParameter.HEADER,
                description="Proposes a file name.",
                response=[200],
            )
        ],
        responses={200: answer(_EXPORT, "The export.", export=_EXAMPLE)},
    )
)
