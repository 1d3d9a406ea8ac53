"""Looking at the database and Redis from outside of the product, without waiting for what is away."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import redis
from django.db import Error, connection
from psycopg_pool import PoolTimeout

from lifestring.testing.faults.load import AwayError

T = TypeVar("T")


async def in_thread(look: Callable[[], T]) -> T:
    """Look once.

    Raises:
        AwayError: it is away.
    """

    def once() -> T:
        try:
            return look()
        except (Error, PoolTimeout, redis.RedisError) as error:
            raise AwayError(type(error).__name__) from error
        finally:
            connection.close()

    return await asyncio.to_thread(once)
