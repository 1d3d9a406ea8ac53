"""The two ways through a list: numbered pages as the old backend had them, and keyset cursors (docs/api.md, Conventions)."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Greatest
from rest_framework.request import Request

from lifestring import cursors, rows
from lifestring.links import absolute
from lifestring.listing import ListRequest, Ordering, parse_list_request
from lifestring.rows import Build, Row

MAX_COUNTED = 10_000
# Among so many rows, those that come next in the order, a search looks first.
NEARBY = 5_000

Render = Callable[[list[Row]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Listing:
    """What a list route lists.

    Args:
        build: a function without a closure from `values` to the visible, filtered rows, unordered (lifestring/rows.py).
        values: what its SQL compares with.
        ordering: what the list may be sorted by.
        columns: arguments of `values_list`, a constant, in the order `render` expects them.
        annotate: adds what the columns need; left out where rows are only counted.
        everything: builds all rows there are, from nothing, where a search is among what narrows them. Whether to follow the
            order or an index on words is more than PostgreSQL can tell: it takes either for dearer than it is.
    """

    build: Build
    values: tuple[Any, ...]
    ordering: Ordering
    columns: tuple[Any, ...]
    annotate: Build | None = None
    everything: Build | None = None

    def __post_init__(self) -> None:
        rows.check_open(self.build)

    def rows_of(self, *values: Any) -> QuerySet[Any, Any]:
        """Return the rows with everything the columns need."""
        found = self.build(*values)
        return self.annotate(found, *values) if self.annotate else found


def paginate(request: Request, listing: Listing, render: Render) -> dict[str, Any]:
    """Return one page of a list in the contract's envelope.

    Args:
        request: the request, whose parameters choose the page.
        listing: what is listed.
        render: turns the page's rows into JSON objects, with a fixed number of further queries.

    Raises:
        ValidationFailedError: bad paging parameters or a cursor that is not this list's.
    """
    asked = parse_list_request(request, listing.ordering)
    if asked.cursor is None:
        return _numbered(request, listing, asked, render)
    return _keyset(request, listing, asked, render)


def paginate_flat(request: Request, listing: Listing, render: Render, name: str) -> dict[str, Any]:
    """Return one numbered page as the web frontend reads it: the rows under `name`, `total`, `page`, `per_page`.

    Args: as `paginate`; a cursor is passed over.
    """
    page = _numbered(request, listing, parse_list_request(request, listing.ordering), render)
    meta = page["meta"]
    return {name: page["data"], "total": meta["total"], "page": meta["current_page"], "per_page": meta["per_page"]}


def check_paging(request: Request, ordering: Ordering) -> None:
    """Refuse paging parameters before anything is written, where a write answers with a list.

    Raises:
        ValidationFailedError: as `paginate`.
    """
    asked = parse_list_request(request, ordering)
    if asked.cursor:
        cursors.decode(_scope(request, asked), asked.cursor)


def _order(asked: ListRequest, *, backwards: bool = False, by_index: bool = True) -> list[OrderBy | F]:
    """The total order; backwards turns all of it round, nulls included. Only by index, an index on it may lead the way."""
    path = asked.ordering.fields[asked.sort]
    value = F(path) if by_index else Greatest(F(path), F(path))
    descending = asked.descending != backwards
    nulls: dict[str, bool] = {}
    if asked.sort in asked.ordering.nullable:
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
    order: list[OrderBy | F] = [OrderBy(value, descending=descending, **nulls)]
    if path != asked.ordering.tiebreak:
        order.append(OrderBy(F(asked.ordering.tiebreak), descending=descending))
    return order


def _numbered(request: Request, listing: Listing, asked: ListRequest, render: Render) -> dict[str, Any]:
    start = (asked.page - 1) * asked.per_page
    # Nothing is shown past what is counted: there, numbered pages end, and cursors go on.
    limit = min(asked.per_page, MAX_COUNTED - start)
    found: list[Row] = []
    if limit > 0:
        found = [row[:-2] for row in _rows_beyond(listing, asked, None, limit=limit, offset=start)]
    counted = _total(listing, start, len(found), limit)
    total = min(counted, MAX_COUNTED)
    last = max(1, -(-total // asked.per_page))
    link = _linker(request, "page")
    meta: dict[str, Any] = {
        "current_page": asked.page,
        "from": start + 1 if found else None,
        "last_page": last,
        "path": absolute(request, request.path),
        "per_page": asked.per_page,
        "to": start + len(found) if found else None,
        "total": total,
    }
    if counted > MAX_COUNTED:
        meta["total_is_capped"] = True
    links = {
        "first": link(1),
        "last": link(last),
        "prev": link(min(asked.page - 1, last) if asked.page > 1 else None),
        "next": link(asked.page + 1 if asked.page < last else None),
    }
    return {"data": render(found), "links": links, "meta": meta}


def _total(listing: Listing, start: int, found: int, limit: int) -> int:
    """How many rows the list has; counted only where the page, of at most `limit`, does not tell by itself."""
    if 0 < found < limit or (not found and start == 0):
        return start + found
    return rows.count_up_to(listing.build, listing.build, listing.values, MAX_COUNTED + 1)


def _keyset(request: Request, listing: Listing, asked: ListRequest, render: Render) -> dict[str, Any]:
    scope = _scope(request, asked)
    at = cursors.decode(scope, asked.cursor) if asked.cursor else None
    backwards = at is not None and at.backwards
    found = _rows_beyond(listing, asked, at, limit=asked.per_page + 1)
    more = len(found) > asked.per_page
    found = found[: asked.per_page]
    if backwards:
        found.reverse()

    def cursor(row: Row, *, back: bool) -> str:
        return cursors.encode(scope, cursors.Position(row[-2], row[-1], back))

    has_next, has_prev = (True, more) if backwards else (more, at is not None)
    following = cursor(found[-1], back=False) if found and has_next else None
    preceding = cursor(found[0], back=True) if found and has_prev else None
    if at is not None and not found:
        # All rows on this side are gone: the way back begins with the row the cursor stands on.
        turned = cursors.encode(scope, replace(at, backwards=not backwards, inclusive=True))
        following, preceding = (turned, None) if backwards else (None, turned)
    link = _linker(request, "cursor")
    return {
        "data": render([row[:-2] for row in found]),
        "links": {"first": None, "last": None, "prev": link(preceding), "next": link(following)},
        "meta": {
            "path": absolute(request, request.path),
            "per_page": asked.per_page,
            "next_cursor": following,
            "prev_cursor": preceding,
        },
    }


def _rows_beyond(
    listing: Listing, asked: ListRequest, at: cursors.Position | None, *, limit: int, offset: int = 0
) -> list[Row]:
    """The rows after a position, or the first ones; the last two columns are the place of each."""
    backwards, inclusive = (at.backwards, at.inclusive) if at else (False, False)
    place = (asked.ordering.fields[asked.sort], asked.ordering.tiebreak)

    def page(*values: Any) -> QuerySet[Any, Any]:
        *own, value, tiebreak, edge = values
        by_index = edge is not None or listing.everything is None
        found = _after(listing.rows_of(*own), asked, at, value, tiebreak, by_index=by_index)
        if edge is not None:
            found = found.filter(**{f"{place[0]}__{'lte' if asked.descending == backwards else 'gte'}": edge})
        return found.values_list(*listing.columns, *map(F, place))

    position = (at.value, at.tiebreak) if at else (None, None)
    key = (_key(listing, asked), listing.everything, at is None, backwards, inclusive)
    # Where places may be null, rows beyond are not told by comparing.
    if (everything := listing.everything) and asked.sort not in asked.ordering.nullable:

        def ahead(value: Any, tiebreak: Any) -> QuerySet[Any, Any]:
            return _after(everything(), asked, at, value, tiebreak).values_list(place[0])

        # A common word is met there soon enough; a rare one has few places, and following the order would take forever.
        for [edge] in rows.run((key, "ahead"), ahead, position, limit=1, offset=NEARBY):
            found = rows.run(key, page, (*listing.values, *position, edge), limit=limit, offset=offset)
            if len(found) == limit:
                return found
    return rows.run(key, page, (*listing.values, *position, None), limit=limit, offset=offset)


def _after(
    found: QuerySet[Any, Any],
    asked: ListRequest,
    at: cursors.Position | None,
    value: Any,
    tiebreak: Any,
    *,
    by_index: bool = True,
) -> QuerySet[Any, Any]:
    """Narrow to what comes after a position, if there is one, in the order that leads there."""
    if at is None:
        return found.order_by(*_order(asked, by_index=by_index))
    beyond = _beyond(asked, cursors.Position(value, tiebreak, at.backwards, at.inclusive))
    return found.filter(beyond).order_by(*_order(asked, backwards=at.backwards, by_index=by_index))


def _linker(request: Request, parameter: str) -> Callable[[int | str | None], str | None]:
    """Return what makes this request's address with another page or cursor; None for none."""
    path = absolute(request, request.path)
    params = request.query_params.copy()

    def link(value: int | str | None) -> str | None:
        if value is None:
            return None
        params[parameter] = str(value)
        return f"{path}?{params.urlencode()}"

    return link


def _key(listing: Listing, asked: ListRequest) -> Hashable:
    """Everything the SQL of a page depends on but the values."""
    return (listing.build, listing.annotate, rows.Same(listing.columns), asked.sort, asked.descending)


def _beyond(asked: ListRequest, at: cursors.Position) -> Q:
    """The rows after a position; written so that an index on (column, id) serves it."""
    path, tiebreak = asked.ordering.fields[asked.sort], asked.ordering.tiebreak
    descending = asked.descending != at.backwards
    less = "lt" if descending else "gt"
    after_tie = Q(**{f"{tiebreak}__{less}{'e' if at.inclusive else ''}": at.tiebreak})
    if path == tiebreak:
        return after_tie
    if asked.sort not in asked.ordering.nullable:
        within = Q(**{f"{path}__{less}e": at.value})
        return within & (Q(**{f"{path}__{less}": at.value}) | after_tie)
    is_null = Q(**{f"{path}__isnull": True})
    if at.value is None:
        tied = is_null & after_tie
        return tied | Q(**{f"{path}__isnull": False}) if at.backwards else tied
    beyond = Q(**{f"{path}__{less}": at.value}) | (Q(**{path: at.value}) & after_tie)
    return beyond if at.backwards else beyond | is_null


def _scope(request: Request, asked: ListRequest) -> str:
    """What a cursor belongs to: the route, the order and the filters, but not the page size."""
    ignored = {"cursor", "per_page", "page", "include", "withCount"}
    filters = sorted((name, value) for name, value in request.query_params.items() if name not in ignored)
    return f"{request.path_info}?{urlencode(filters)}#{asked.sort}{asked.descending}"
