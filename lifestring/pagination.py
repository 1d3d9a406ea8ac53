"""The two ways through a list: numbered pages as the old backend had them, and keyset cursors (docs/api.md, Conventions)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from rest_framework.request import Request

from lifestring import cursors, rows
from lifestring.links import absolute
from lifestring.listing import ListRequest, Ordering, parse_list_request
from lifestring.pages import Listing, rows_beyond
from lifestring.rows import Row

__all__ = ["MAX_COUNTED", "Listing", "check_paging", "paginate", "paginate_flat"]

MAX_COUNTED = 10_000

Render = Callable[[list[Row]], Sequence[Mapping[str, Any]]]


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


def _numbered(request: Request, listing: Listing, asked: ListRequest, render: Render) -> dict[str, Any]:
    start = (asked.page - 1) * asked.per_page
    # Nothing is shown past what is counted: there, numbered pages end, and cursors go on.
    limit = min(asked.per_page, MAX_COUNTED - start)
    found: list[Row] = []
    if limit > 0:
        found = [row[:-2] for row in rows_beyond(listing, asked, None, limit=limit, offset=start)]
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
    if listing.surely and (listing.expected or 0) > 2 * MAX_COUNTED:
        counted = rows.count_up_to(listing.surely, listing.surely, listing.values, MAX_COUNTED + 1)
        if counted > MAX_COUNTED:
            return counted
    return rows.count_up_to(listing.build, listing.build, listing.values, MAX_COUNTED + 1)


def _keyset(request: Request, listing: Listing, asked: ListRequest, render: Render) -> dict[str, Any]:
    scope = _scope(request, asked)
    at = cursors.decode(scope, asked.cursor) if asked.cursor else None
    backwards = at is not None and at.backwards
    found = rows_beyond(listing, asked, at, limit=asked.per_page + 1)
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


def _scope(request: Request, asked: ListRequest) -> str:
    """What a cursor belongs to: the route, the order and the filters, but not the page size."""
    ignored = {"cursor", "per_page", "page", "include", "withCount"}
    filters = sorted((name, value) for name, value in request.query_params.items() if name not in ignored)
    return f"{request.path_info}?{urlencode(filters)}#{asked.sort}{asked.descending}"
