"""Transactions, as every service uses them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")
# The most pgvector takes.
MAX_EF_SEARCH = 1000
_VECTOR_SCAN = """
SELECT set_config('hnsw.ef_search', %s, true),
       CASE WHEN string_to_array(substring(extversion FROM '^[0-9]+[.][0-9]+'), '.')::int[] >= '{0,8}'
            THEN set_config('hnsw.iterative_scan', 'strict_order', true) END
  FROM pg_catalog.pg_extension WHERE extname = 'vector'
"""


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run a public write in one transaction of its own.

    Durable: a service called inside another's transaction would commit with it, and its broadcasts and jobs would leave
    before the row is there; Django raises RuntimeError instead. Parts that services share are plain functions.
    """

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            return function(*args, **kwargs)

    return wrapper


@contextmanager
def vector_scan(most: int) -> Iterator[None]:
    """Read by an index on vectors, should there be one, as thoroughly as so many rows need.

    Settings end with the transaction, so that behind a pooler nobody else gets them. Iterative scans, which look further
    while filters leave too little, came with pgvector 0.8.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_VECTOR_SCAN, [str(min(most, MAX_EF_SEARCH))])
        yield


def connection_release() -> None:
    """Give this thread's connection back to the pool while it has no use for it; a transaction keeps its own."""
    if not connection.in_atomic_block:
        connection.close()
