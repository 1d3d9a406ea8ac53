"""Flat rows straight from the driver, by SQL that is compiled once.

Building a Django query and compiling it costs several times what PostgreSQL takes to answer it, and so does converting
every JSONB value to Python and back (docs/performance.md). Here a queryset still says what is read, but its SQL is kept
and only the values in it change; JSONB arrives as the text the database wrote, for `rendering.json_text` to pass on.
"""

import threading
import uuid
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Value

Row = tuple[Any, ...]
Build = Callable[..., QuerySet[Any, Any]]
MAX_KEPT = 512

# What stands in for texts: nothing that cuts, strips or changes case makes the same of both, nor leaves either as it is.
_TEXTS = (" Äß%{}ßÄ ", "\tÖẞ_{}ẞÖ\t")
_WITHOUT_STAND_IN = frozenset({type(None), bool})

_kept: dict[Hashable, "_Template | None"] = {}
_lock = threading.Lock()


class Same:
    """Something in a key that stands for itself alone: compared by identity, and kept alive as long as the key."""

    __slots__ = ("thing",)

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.thing is self.thing


@dataclass(frozen=True, slots=True)
class _Template:
    """SQL with its parameters: `slots` maps a parameter's position to the index of the value that goes there."""

    sql: str
    params: tuple[Any, ...]
    slots: tuple[tuple[int, int], ...]

    def fill(self, values: list[Any]) -> tuple[Any, ...]:
        params = list(self.params)
        for position, index in self.slots:
            params[position] = values[index]
        return tuple(params)


def fetch(
    build: Build,
    values: Sequence[Any],
    columns: Sequence[Any],
    *,
    limit: int | None = None,
    offset: int = 0,
    key: Hashable = (),
) -> list[Row]:
    """Run `build(*values).values_list(*columns)` and return the driver's tuples.

    Args:
        build: a function without a closure that makes the queryset. What it builds may depend on which values are None
            or empty, on booleans and on lengths, but not otherwise on the values: its SQL is kept for others of the kind.
        values: what the SQL compares with: uuids, text, numbers, times, sets and tuples of them, and dataclasses of such.
        columns: a constant of `values_list` arguments.
        limit: at most this many rows.
        offset: with a limit, so many rows are left out before.
        key: whatever else the SQL depends on.
    """
    check_open(build)

    def listed(*given: Any) -> QuerySet[Any, Any]:
        return build(*given).values_list(*columns)

    return run((build, Same(columns), key), listed, values, limit=limit, offset=offset)


def check_open(build: Build) -> None:
    """Refuse a function that closes over variables: SQL kept for one caller would carry them to the next."""
    if getattr(build, "__closure__", None) is not None:
        raise TypeError("a kept query must not depend on variables around the function that builds it")


def run(key: Hashable, build: Build, values: Sequence[Any], *, limit: int | None = None, offset: int = 0) -> list[Row]:
    """As `fetch`, for callers that vouch for the key: it must name everything the SQL depends on but the values."""
    try:
        sql, params = _sql(key, build, values)
    except EmptyResultSet:
        return []
    if limit is not None:
        sql, params = f"{sql} LIMIT %s OFFSET %s", (*params, limit, offset)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Row] = cursor.fetchall()
    return found


def count_up_to(key: Hashable, build: Build, values: Sequence[Any], limit: int) -> int:
    """Count rows, but stop at `limit`, so that the price does not grow with the table."""
    try:
        sql, params = _counted(key, build, values)
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql} LIMIT %s) counted", (*params, limit))  # noqa: S608 - Django's SQL
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def expected(key: Hashable, build: Build, values: Sequence[Any]) -> int | None:
    """Return how many rows PostgreSQL expects to find by indexes; None where it would go through all of a table.

    It plans to find them, and does not.
    """
    try:
        sql, params = _counted(key, build, values)
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [[[explained]]] = cursor.fetchall()
    plan = explained["Plan"]
    return None if any(node["Node Type"] == "Seq Scan" for node in _nodes(plan)) else int(plan["Plan Rows"])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _counted(key: Hashable, build: Build, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    def counted(*given: Any) -> QuerySet[Any, Any]:
        return build(*given).order_by().values_list(Value(1))

    return _sql((key, "count"), counted, values)


def _sql(key: Hashable, build: Build, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    kinds = tuple(_kind(value) for value in values)
    full_key = (key, kinds)
    if full_key not in _kept:
        template = _template(build, values)
        with _lock:
            if len(_kept) >= MAX_KEPT:
                _kept.clear()
            _kept[full_key] = template
    kept = _kept.get(full_key)
    return _compile(build, values) if kept is None else (kept.sql, kept.fill(_leaves(values)))


def _compile(build: Build, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    sql, params = build(*values).query.get_compiler(connection=connection).as_sql()
    return sql, tuple(params)


def _template(build: Build, values: Sequence[Any]) -> _Template | None:
    """Compile with two sets of stand-ins: where the parameters differ is where the values belong.

    None if a value reaches the SQL in another form (a search pattern, say): such queries are compiled each time.
    """
    # Past 1, which Python takes for True.
    numbers = count(1000)
    one, other = ([_stand_in(value, numbers, text) for value in values] for text in _TEXTS)
    (sql, params), (other_sql, other_params) = _compile(build, one), _compile(build, other)
    if sql != other_sql or len(params) != len(other_params):
        return None
    leaves, other_leaves = _leaves(one), _leaves(other)
    slots = []
    for position, (param, other_param) in enumerate(zip(params, other_params, strict=True)):
        if param == other_param:
            continue
        if type(param).__hash__ is None or param not in leaves or other_leaves[leaves.index(param)] != other_param:
            return None
        slots.append((position, leaves.index(param)))
    return _Template(sql, params, tuple(slots))


def _kind(value: Any) -> Hashable:
    if is_dataclass(value):
        return (type(value), *(_kind(getattr(value, field.name)) for field in fields(value)))
    if isinstance(value, frozenset | tuple):
        members = tuple(map(type, value)) if isinstance(value, tuple) else frozenset(map(type, value))
        if not _WITHOUT_STAND_IN.isdisjoint(members):
            raise TypeError("a set of values for a kept query holds neither None nor booleans")
        return (type(value), len(value), members)
    if _stands_for_itself(value):
        return cast(Hashable, value)
    return cast(Hashable, type(value))


def _stands_for_itself(value: Any) -> bool:
    """Whether what is built may depend on this very value."""
    return value is None or isinstance(value, bool) or value == ""


def _stand_in(value: Any, numbers: Any, text: str) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _stand_in(getattr(value, f.name), numbers, text) for f in fields(value)})
    if isinstance(value, frozenset | tuple):
        return type(value)(_stand_in(item, numbers, text) for item in value)
    if _stands_for_itself(value):
        return value
    number = next(numbers)
    if isinstance(value, str):
        return text.format(number)
    if isinstance(value, float | Decimal):
        # Rounding shows.
        return type(value)(f"{number}.123456789")
    if isinstance(value, uuid.UUID):
        return uuid.UUID(int=number)
    if isinstance(value, datetime):
        return datetime(2001, 1, 1, 12, 34, 56, 789012, tzinfo=UTC) + timedelta(days=number)
    return type(value)(number)


def _leaves(values: Sequence[Any]) -> list[Any]:
    """The single values in `values`, in an order that only depends on their kinds."""
    found: list[Any] = []
    for value in values:
        if is_dataclass(value):
            found.extend(_leaves([getattr(value, field.name) for field in fields(value)]))
        elif isinstance(value, frozenset | tuple):
            found.extend(value)
        else:
            found.append(value)
    return found
