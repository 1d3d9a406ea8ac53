"""What the OpenAPI document says of strings, likes and comments."""

from drf_spectacular.utils import extend_schema_view

string_docs = extend_schema_view()
likes_docs = extend_schema_view()
comment_docs = extend_schema_view()
