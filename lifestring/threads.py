"""Where database work runs that an event loop waits for: threads of a number that goes with the pool of connections.

Sockets use them, and answers that wait for something slow (lifestring/later.py).
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.conf import settings

P = ParamSpec("P")
R = TypeVar("R")

_threads = ThreadPoolExecutor(settings.SOCKET_THREADS, thread_name_prefix="socket")


def in_socket_thread(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Return an awaitable form of a function that uses the database; its connection goes back after each call.

    Thread-sensitive calls, Channels' default, would all queue behind one thread.
    """
    given: Any = database_sync_to_async(function, thread_sensitive=False, executor=_threads)
    called: Callable[P, Awaitable[R]] = given
    return called
