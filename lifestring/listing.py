"""What a list request asks for: page or cursor, order, includes and counts (docs/api.md, Conventions)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rest_framework.request import Request

from lifestring.errors import FieldErrors, ValidationFailedError
from lifestring.text import unstorable

DEFAULT_PER_PAGE = 15
MAX_PER_PAGE = 100
MAX_PAGE = 2**31 - 1


@dataclass(frozen=True)
class Ordering:
    """What a list may be sorted by.

    Args:
        fields: the name in `sort_by` to the column or lookup path it means.
        default: the name used without `sort_by`, or with one that is not on the list.
        descending: the direction without `sort_dir`.
        tiebreak: a unique column that makes the order total.
        nullable: names whose column may be null; nulls come last either way.
    """

    fields: Mapping[str, str]
    default: str
    descending: bool = True
    tiebreak: str = "id"
    nullable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ListRequest:
    """The parsed paging parameters of one request; `cursor` is None in page mode and "" on the first cursor page."""

    page: int
    per_page: int
    cursor: str | None
    sort: str
    descending: bool
    ordering: Ordering = field(repr=False)


def parse_list_request(request: Request, ordering: Ordering) -> ListRequest:
    """Read `page`, `per_page`, `cursor`, `sort_by` and `sort_dir`.

    Raises:
        ValidationFailedError: a number that is none or out of range.
    """
    params = request.query_params
    errors: FieldErrors = {}
    page = _number(params.get("page"), "page", 1, MAX_PAGE, errors)
    per_page = _number(params.get("per_page"), "per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE, errors)
    if errors:
        raise ValidationFailedError(errors)
    sort = params.get("sort_by", "")
    direction = params.get("sort_dir", "").lower()
    return ListRequest(
        page=page,
        per_page=per_page,
        cursor=params.get("cursor"),
        sort=sort if sort in ordering.fields else ordering.default,
        descending=direction == "desc" if direction in {"asc", "desc"} else ordering.descending,
        ordering=ordering,
    )


def names(request: Request, parameter: str, allowed: Sequence[str]) -> frozenset[str]:
    """Return which of the allowed names a comma separated parameter (`include`, `withCount`) holds; others are ignored."""
    given = request.query_params.get(parameter, "")
    return frozenset(given.split(",")) & frozenset(allowed) if given else frozenset()


def limit(request: Request, *, default: int, most: int, parameter: str = "limit") -> int:
    """Read a plain `limit`.

    Raises:
        ValidationFailedError: no number, or not within 1..most.
    """
    errors: FieldErrors = {}
    value = _number(request.query_params.get(parameter), parameter, default, most, errors)
    if errors:
        raise ValidationFailedError(errors)
    return value


def flag(request: Request, parameter: str, *, default: bool = False) -> bool:
    """Read a yes-or-no parameter: 1, true, yes, on or present without a value mean yes."""
    value = request.query_params.get(parameter)
    return default if value is None else value.lower() in {"", "1", "true", "yes", "on"}


def choice(request: Request, parameter: str, allowed: Sequence[str]) -> str | None:
    """Read a parameter that is one of a few words; None when absent or empty.

    Raises:
        ValidationFailedError: another word.
    """
    value = request.query_params.get(parameter) or None
    if value is not None and value not in allowed:
        raise ValidationFailedError({parameter: [f"This must be one of {', '.join(allowed)}."]})
    return value


def text_param(request: Request, parameter: str, *, longest: int = 200) -> str:
    """Read a free text parameter, stripped; "" when absent.

    Raises:
        ValidationFailedError: longer than `longest`.
    """
    value = request.query_params.get(parameter, "").strip()
    if len(value) > longest:
        raise ValidationFailedError({parameter: [f"This must not be longer than {longest} characters."]})
    return value


def id_param(request: Request, parameter: str) -> uuid.UUID | None:
    """Read a filter by id; None when absent.

    Raises:
        ValidationFailedError: it is no uuid.
    """
    given = request.query_params.get(parameter)
    if not given:
        return None
    try:
        return uuid.UUID(given)
    except ValueError:
        raise ValidationFailedError({parameter: ["This must be a valid UUID."]}) from None


def time_param(request: Request, parameter: str) -> datetime | None:
    """Read a moment in ISO 8601, in UTC where it names no zone; None when absent.

    Raises:
        ValidationFailedError: it is none.
    """
    given = request.query_params.get(parameter, "").strip()
    if not given:
        return None
    try:
        # The plus of an offset that was not escaped arrives as a space.
        found = datetime.fromisoformat(given.replace(" ", "+") if "T" in given else given)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValidationFailedError({parameter: ["This must be a time in ISO 8601."]}) from None


def check_query_text(request: Request) -> None:
    """Refuse what no column can hold in any query parameter, before a view reads one.

    Raises:
        ValidationFailedError: a parameter holds NUL.
    """
    query: str = request.META.get("QUERY_STRING", "")
    if "%00" not in query and "\0" not in query:
        return
    errors = {
        name: [problem]
        for name, values in request.query_params.lists()
        for value in values
        if (problem := unstorable(value))
    }
    if errors:
        raise ValidationFailedError(errors)


def _number(given: str | None, name: str, default: int, most: int, errors: FieldErrors) -> int:
    if given is None or given == "":
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 10 and 1 <= int(given) <= most):
        errors[name] = [f"This must be a whole number from 1 to {most}."]
        return default
    return int(given)
