"""Waiting, in tests that are not async, for answers that an event loop makes (lifestring/later.py)."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar
from unittest import mock

from channels import db
from django.db import connection

from lifestring import threads

T = TypeVar("T")


def wait_for(make: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function on a loop of its own, and return what it returns.

    What it does in the database happens in this thread where that has a transaction open, whose rows no other one sees.
    """

    async def run() -> T:
        return await make()

    if not connection.in_atomic_block:
        return asyncio.run(run())
    jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def submit(function: Callable[..., Any], *args: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def work() -> None:
            # Whoever waited may have been cancelled.
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(function(*args))
            except BaseException as error:
                future.set_exception(error)

        jobs.put(work)
        return future

    with (
        mock.patch.object(threads._threads, "submit", submit),
        mock.patch.object(db, "close_old_connections"),
        ThreadPoolExecutor(1) as pool,
    ):
        running = pool.submit(asyncio.run, run())
        running.add_done_callback(lambda _: jobs.put(None))
        while (job := jobs.get()) is not None:
            job()
        return running.result()
