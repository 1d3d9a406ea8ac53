"""`/api/schema` and the page that shows it (docs/api.md, Running it)."""

from functools import cache
from hashlib import blake2b
from typing import NamedTuple

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from lifestring.openapi.service import TAG
from lifestring.rendering import dumps

# Nothing but our own files: no script of another host runs here, and the page can send a token nowhere else.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Document(NamedTuple):
    """The OpenAPI document as it is served."""

    content: bytes
    etag: str


@cache
def document() -> Document:
    """Return the document; it follows from the code, so a process makes it once."""
    content = dumps(SchemaGenerator().get_schema(request=None, public=True))
    return Document(content, f'"{blake2b(content, digest_size=12).hexdigest()}"')


class _PublicView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]


class SchemaView(_PublicView):
    """The OpenAPI document."""

    conditional = True

    @extend_schema(
        operation_id="show_schema",
        tags=[TAG],
        summary="Show this document",
        description="The OpenAPI 3.1 description of every route, as JSON.",
        responses={
            200: OpenApiResponse(
                OpenApiTypes.OBJECT,
                description="The document.",
                examples=[OpenApiExample("beginning", value={"openapi": "3.1.1"}, response_only=True)],
            )
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Answer the document, or 304 to who has it."""
        found = document()
        response = HttpResponse(found.content, content_type="application/json")
        response["ETag"] = found.etag
        response["Cache-Control"] = "no-cache"
        return get_conditional_response(request._request, etag=found.etag, response=response) or response


class DocsView(_PublicView):
    """The document, browsable."""

    @extend_schema(
        operation_id="show_docs",
        tags=[TAG],
        summary="Browse this document",
        description="A page that shows every route and can call it. All it needs comes from this service.",
        responses={(200, "text/html"): OpenApiResponse(OpenApiTypes.STR, description="The page.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer the page."""
        response = HttpResponse(render_to_string("lifestring/docs.html"))
        response["Content-Security-Policy"] = _POLICY
        return response
