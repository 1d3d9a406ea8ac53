"""The query parameters that many routes read, with their bounds (docs/api.md, Conventions)."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from lifestring.listing import DEFAULT_PER_PAGE, MAX_PAGE, MAX_PER_PAGE


def _number(name: str, most: int, default: int, description: str) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return OpenApiParameter(name, schema, description=description)


def _names(name: str, allowed: tuple[str, ...], description: str) -> OpenApiParameter:
    schema: dict[str, Any] = {"type": "array", "items": {"type": "string", "enum": list(allowed)}, "uniqueItems": True}
    return OpenApiParameter(name, schema, description=description, explode=False, style="form")


def paging(*sort_by: str, default: str, descending: bool = True) -> list[OpenApiParameter]:
    """Return what every list reads.

    Args:
        sort_by: the names it may be sorted by.
        default: the one used without `sort_by`.
        descending: the direction used without `sort_dir`.
    """
    return [
        _number("page", MAX_PAGE, 1, "Which page; ignored with `cursor`."),
        _number("per_page", MAX_PER_PAGE, DEFAULT_PER_PAGE, "Rows on a page."),
        OpenApiParameter(
            "cursor",
            {"type": "string"},
            description=(
                "Walks the list by cursor: empty for the first page, then `meta.next_cursor` or `meta.prev_cursor`. "
                "Nothing is counted, and rows added meanwhile neither repeat nor hide any. A cursor belongs to the "
                "list, order and filters it was made for; any other gets 422."
            ),
        ),
        OpenApiParameter(
            "sort_by",
            {"type": "string", "enum": list(sort_by), "default": default},
            description="What to sort by; ties are broken by id. Other names are ignored.",
        ),
        OpenApiParameter(
            "sort_dir",
            {"type": "string", "enum": ["asc", "desc"], "default": "desc" if descending else "asc"},
            description="The direction. Other values are ignored.",
        ),
    ]


def include(description: str, *allowed: str) -> OpenApiParameter:
    """Return `include`, with the relations a route can add."""
    return _names("include", allowed, f"Relations to add, comma separated: {description} Other names are ignored.")


def numbered(*, default: int, most: int) -> list[OpenApiParameter]:
    """Return `page` and `per_page` of a list that has no cursor."""
    return [_number("page", MAX_PAGE, 1, "Which page."), _number("per_page", most, default, "Rows on a page.")]


def with_count(*allowed: str) -> OpenApiParameter:
    """Return `withCount`, with the relations a route can count."""
    counted = ", ".join(f"`{name}` as `{name}_count`" for name in allowed)
    return _names("withCount", allowed, f"Counts to add, comma separated: {counted}. Other names are ignored.")


def limit(*, default: int, most: int, name: str = "limit", description: str = "How many at most.") -> OpenApiParameter:
    """Return `limit`, where a list has no pages."""
    return _number(name, most, default, description)


def text(name: str, description: str, *, longest: int = 200, required: bool = False) -> OpenApiParameter:
    """Return a free text parameter; `longest` counts characters."""
    schema: dict[str, Any] = {"type": "string", "maxLength": longest}
    if required:
        schema["minLength"] = 1
    return OpenApiParameter(name, schema, description=description, required=required)


def choice(name: str, description: str, *allowed: str) -> OpenApiParameter:
    """Return a parameter that is one of a few words."""
    return OpenApiParameter(name, {"type": "string", "enum": list(allowed)}, description=description)


def identifier(name: str, description: str) -> OpenApiParameter:
    """Return a filter by id."""
    return OpenApiParameter(name, OpenApiTypes.UUID, description=description)


def moment(name: str, description: str) -> OpenApiParameter:
    """Return a time."""
    return OpenApiParameter(name, OpenApiTypes.DATETIME, description=f"{description} In UTC where it names no zone.")


def flag(name: str, description: str) -> OpenApiParameter:
    """Return a yes-or-no parameter that is off by default."""
    schema = {"type": "boolean", "default": False}
    return OpenApiParameter(name, schema, description=f"{description} `1`, `true`, `yes` and `on` mean yes.")


def in_path(name: str, description: str) -> OpenApiParameter:
    """Return an id in the address."""
    return OpenApiParameter(name, OpenApiTypes.UUID, OpenApiParameter.PATH, description=description)
