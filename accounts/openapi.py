"""What the OpenAPI document says of people."""

from drf_spectacular.utils import extend_schema_view

me_docs = extend_schema_view()
user_docs = extend_schema_view()
enneagram_docs = extend_schema_view()
