"""`/api/schema`, the page that shows it, and `/api/live-schema` (docs/api.md, Running it)."""

from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

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

from lifestring.asyncapi.document import live_document
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
    return _document(SchemaGenerator().get_schema(request=None, public=True))


@cache
def socket_document() -> Document:
    """Return the AsyncAPI document of the socket, likewise."""
    return _document(live_document())


def _document(found: Any) -> Document:
    content = dumps(found)
    return Document(content, f'"{blake2b(content, digest_size=12).hexdigest()}"')


def _answer(request: Request, found: Document) -> HttpResponseBase:
    response = HttpResponse(found.content, content_type="application/json")
    response["ETag"] = found.etag
    response["Cache-Control"] = "no-cache"
    return get_conditional_response(request._request, etag=found.etag, response=response) or response


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
        return _answer(request, document())


class LiveSchemaView(_PublicView):
    """The AsyncAPI document."""

    conditional = True

    @extend_schema(
        operation_id="show_live_schema",
        tags=[TAG],
        summary="Show the document of the socket",
        description="The AsyncAPI 3 description of every frame of `/ws`, as JSON.",
        responses={
            200: OpenApiResponse(
                OpenApiTypes.OBJECT,
                description="The document.",
                examples=[OpenApiExample("beginning", value={"asyncapi": "3.0.0"}, response_only=True)],
            )
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Answer the document, or 304 to who has it."""
        return _answer(request, socket_document())


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
