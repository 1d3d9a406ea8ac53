"""What the OpenAPI document says of search."""

from drf_spectacular.utils import extend_schema_view

search_docs = extend_schema_view()
