"""The rows of one page: met along an index in the order of the list, or found first, sorted and only then read."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Greatest

from lifestring import cursors, rows
from lifestring.listing import ListRequest, Ordering
from lifestring.nearby import Nearby
from lifestring.rows import Build, Row

# So many matches of a search are all read at once; each may be on a page of its own.
FEW = 2_500
# For more, a search looks first among so many rows, those that come next in the order; and then among so many, where
# the newest rows have a search index of their own.
NEARBY, FARTHER = 5_000, 50_000


@dataclass(frozen=True)
class Listing:
    """What a list route lists.

    Args:
        build: a function without a closure from `values` to the visible, filtered rows, unordered (lifestring/rows.py).
        values: what its SQL compares with.
        ordering: what the list may be sorted by.
        columns: arguments of `values_list`, a constant, in the order `render` expects them.
        annotate: adds what the columns need; left out where rows are only counted.
        everything: builds all rows there are, from nothing, where a search is among what narrows them.
        surely: where a search does, builds such of the rows as an index finds sooner; where there are more of these than
            are counted, no others have to be.
        recent: the sort, newest first, whose first rows have a search index of their own.
        unled: whether no index leads through the rows in their order.
    """

    build: Build
    values: tuple[Any, ...]
    ordering: Ordering
    columns: tuple[Any, ...]
    annotate: Build | None = None
    everything: Build | None = None
    surely: Build | None = None
    recent: str | None = None
    unled: bool = False

    def __post_init__(self) -> None:
        rows.check_open(self.build)

    def rows_of(self, *values: Any) -> QuerySet[Any, Any]:
        """Return the rows with everything the columns need."""
        return self._annotated(self.build(*values), *values)

    def rows_among(self, ids: tuple[Any, ...], *values: Any) -> QuerySet[Any, Any]:
        """Return those of the rows that were found by their tiebreaks, with everything the columns need."""
        # Asked for once more, the search would make a document of each, or find them all again.
        found = self.everything() if self.everything else self.build(*values)
        return self._annotated(found.filter(**{f"{self.ordering.tiebreak}__in": ids}), *values)

    def _annotated(self, found: QuerySet[Any, Any], *values: Any) -> QuerySet[Any, Any]:
        return self.annotate(found, *values) if self.annotate else found

    @cached_property
    def expected(self) -> int | None:
        """How many rows PostgreSQL expects to find by indexes, asked once; None where it would go through all."""
        return rows.expected(self.build, self.build, self.values)


def is_few(expected: int | None) -> bool:
    """Return whether so many rows (lifestring/rows.py, expected) are all read at once."""
    return expected is not None and expected <= FEW


def rows_beyond(
    listing: Listing, asked: ListRequest, at: cursors.Position | None, *, limit: int, offset: int = 0
) -> list[Row]:
    """Return the rows after a position, or the first ones; the last two columns are the place of each.

    Where an index leads, the columns are read along the way. Else PostgreSQL would join them to all rows that it expects
    before it sorts, and it expects far too many of a search: there the rows are found and sorted by themselves.

    Args:
        listing: what is listed.
        asked: the order.
        at: the position, and which way to go from there.
        limit: at most so many.
        offset: so many are left out before.
    """
    backwards, inclusive = (at.backwards, at.inclusive) if at else (False, False)
    place = (F(asked.ordering.fields[asked.sort]), F(asked.ordering.tiebreak))
    position = (at.value, at.tiebreak) if at else (None, None)
    same = (listing.build, listing.annotate, rows.Same(listing.columns), asked.sort, asked.descending)
    key = (same, listing.everything, at is None, backwards, inclusive)

    def page(*values: Any) -> QuerySet[Any, Any]:
        *own, value, tiebreak = values
        return _after(listing.rows_of(*own), asked, at, value, tiebreak).values_list(*listing.columns, *place)

    def among(*values: Any) -> QuerySet[Any, Any]:
        ids, *own = values
        found = listing.rows_among(ids, *own).order_by(*_order(asked, backwards=backwards))
        return found.values_list(*listing.columns, *place)

    if not listing.everything and not listing.unled:
        return rows.run(key, page, (*listing.values, *position), limit=limit, offset=offset)
    ids = _found(key, listing, asked, at, limit=limit, offset=offset)
    return rows.run((key, "among"), among, (ids, *listing.values)) if ids else []


def _found(
    key: Hashable, listing: Listing, asked: ListRequest, at: cursors.Position | None, *, limit: int, offset: int
) -> tuple[Any, ...]:
    """The tiebreaks of the rows of a page that is found first."""
    field, tiebreak = asked.ordering.fields[asked.sort], asked.ordering.tiebreak
    position = (at.value, at.tiebreak) if at else (None, None)
    descending = asked.descending != (at is not None and at.backwards)

    def ids(*values: Any, by_index: bool) -> QuerySet[Any, Any]:
        *own, value, tied, edge = values
        found = _after(listing.build(*own), asked, at, value, tied, by_index=by_index)
        if edge is not None:
            found = found.filter(**{f"{field}__{'gte' if descending else 'lte'}": edge})
        return found.values_list(tiebreak)

    def find(edge: Any, *, by_index: bool = False) -> tuple[Any, ...]:
        build, values = partial(ids, by_index=by_index), (*listing.values, *position, edge)
        return tuple(row[0] for row in rows.run((key, "ids", by_index), build, values, limit=limit, offset=offset))

    everything = listing.everything
    # Where places may be null, rows beyond are not told by comparing.
    if not everything or asked.sort in asked.ordering.nullable or is_few(listing.expected):
        return find(None)

    def ahead(value: Any, tied: Any) -> QuerySet[Any, Any]:
        return _after(everything(), asked, at, value, tied).values_list(field)

    def expected(edge: Any) -> int:
        return rows.expected((key, "ids"), partial(ids, by_index=True), (*listing.values, *position, edge)) or 0

    nearby = Nearby(
        edge_of=lambda reach: rows.run((key, "ahead"), ahead, position, limit=1, offset=reach),
        expected=expected,
        # A common word is met there soon enough; a rare one has few places, and following the order would take forever.
        walk=partial(find, by_index=True),
        find=find,
        indexed=bool(listing.expected),
    )
    farther = FARTHER if descending and asked.sort == listing.recent else None
    found = nearby.look(NEARBY, farther, enough=limit, worth=2 * (offset + limit))
    return find(None) if found is None else tuple(found)


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
