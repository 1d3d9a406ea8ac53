"""Transactions, as every service uses them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")


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
def reading() -> Iterator[None]:
    """Read in one transaction, so that what is set for it with SET LOCAL holds for every statement, and ends with it.

    Within a service that is the service's own.
    """
    with transaction.atomic(savepoint=False):
        yield


def connection_release() -> None:
    """Give this thread's connection back to the pool while it has no use for it; a transaction keeps its own."""
    if not connection.in_atomic_block:
        connection.close()
