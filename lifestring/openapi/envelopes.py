"""The envelopes answers come in: one resource, a page, a page by cursor (docs/api.md, Conventions)."""

from functools import cache
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from lifestring.listing import DEFAULT_PER_PAGE, MAX_PER_PAGE
from lifestring.openapi.fields import Answer, NullField
from lifestring.pagination import MAX_COUNTED

BASE_URL = "https://api.lifestring.example"


class PageLinksAnswer(Answer):
    """Addresses of the other pages, with all parameters of this one."""

    first = serializers.URLField()
    last = serializers.URLField()
    prev = serializers.URLField(allow_null=True)
    next = serializers.URLField(allow_null=True)


class CursorLinksAnswer(Answer):
    """Addresses of the pages before and after; a walk by cursor knows no first and last."""

    first = NullField()
    last = NullField()
    prev = serializers.URLField(allow_null=True)
    next = serializers.URLField(allow_null=True)


_PAGE_META: dict[str, Any] = {
    "__doc__": "Where this page is in the whole list.",
    "__module__": __name__,
    "current_page": serializers.IntegerField(min_value=1),
    "from": serializers.IntegerField(min_value=1, allow_null=True, help_text="The first row's place, from 1."),
    "last_page": serializers.IntegerField(min_value=1),
    "path": serializers.URLField(help_text="The list's address without parameters."),
    "per_page": serializers.IntegerField(min_value=1, max_value=MAX_PER_PAGE),
    "to": serializers.IntegerField(min_value=1, allow_null=True, help_text="The last row's place."),
    "total": serializers.IntegerField(
        min_value=0, max_value=MAX_COUNTED, help_text=f"Rows in the list; exact up to {MAX_COUNTED:,}."
    ),
    "total_is_capped": serializers.BooleanField(
        required=False, help_text=f"Present and true where there are more than {MAX_COUNTED:,} rows."
    ),
}
# One of its names, `from`, cannot be written in a class body.
PageMetaAnswer: type[Answer] = type("PageMetaAnswer", (Answer,), _PAGE_META)


class CursorMetaAnswer(Answer):
    """Where to go on from a page by cursor."""

    path = serializers.URLField(help_text="The list's address without parameters.")
    per_page = serializers.IntegerField(min_value=1, max_value=MAX_PER_PAGE)
    next_cursor = serializers.CharField(allow_null=True, help_text="Null on the last page.")
    prev_cursor = serializers.CharField(allow_null=True, help_text="Null on the first page.")


def envelope(name: str, description: str, **fields: Any) -> type[Answer]:
    """Return the serializer of an answer; a serializer's class body could not name a field `data`."""
    return type(f"{name}Answer", (Answer,), {"__doc__": description, "__module__": __name__, **fields})


def _name(item: type[Answer]) -> str:
    return item.__name__.removesuffix("Answer")


@cache
def one(item: type[Answer]) -> type[Answer]:
    """Return the envelope of one resource."""
    return envelope(f"{_name(item)}Envelope", "One resource.", data=item())


@cache
def page_of(item: type[Answer]) -> PolymorphicProxySerializer:
    """Return the envelope of a list, which depends on whether `cursor` was sent."""
    name = _name(item)
    numbered = envelope(
        f"{name}Page", "A numbered page.", data=item(many=True), links=PageLinksAnswer(), meta=PageMetaAnswer()
    )
    by_cursor = envelope(
        f"{name}CursorPage",
        "A page of a walk by cursor.",
        data=item(many=True),
        links=CursorLinksAnswer(),
        meta=CursorMetaAnswer(),
    )
    return PolymorphicProxySerializer(f"{name}List", [numbered, by_cursor], None, many=False)


def page_examples(path: str, *rows: Any) -> dict[str, Any]:
    """Return how a list looks in both modes; `path` is below BASE_URL."""
    address = BASE_URL + path
    cursor = "Zm9yIHRoZSBuZXh0IHBhZ2U"
    following = f"{address}?per_page={len(rows)}&cursor={cursor}"
    numbered_meta = {
        "current_page": 1,
        "from": 1,
        "last_page": 1,
        "path": address,
        "per_page": DEFAULT_PER_PAGE,
        "to": len(rows),
        "total": len(rows),
    }
    return {
        "numbered": {
            "data": list(rows),
            "links": {"first": f"{address}?page=1", "last": f"{address}?page=1", "prev": None, "next": None},
            "meta": numbered_meta,
        },
        "by_cursor": {
            "data": list(rows),
            "links": {"first": None, "last": None, "prev": None, "next": following},
            "meta": {"path": address, "per_page": len(rows), "next_cursor": cursor, "prev_cursor": None},
        },
    }
