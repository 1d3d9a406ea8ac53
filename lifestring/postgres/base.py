"""Django's PostgreSQL, with times that Python has no value for, and a pool that survives the server's restart.

Statements are counted for whoever asks (lifestring/telemetry/statements.py).

Supabase lets its other clients write `infinity` or the year 20000 into their own rows. The driver refuses to read such a
value, and with it the whole page of everybody's list that the row is on; here it reads as the nearest time there is.

After a restart every connection in the pool is dead, and each would fail one request. Asking the server before each use
costs a round trip per request (docs/performance.md); looking whether it has hung up costs a system call.
"""

import select
import time
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, ClassVar

from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from opentelemetry.trace import SpanKind
from psycopg import Connection, DataError, OperationalError
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestampLoader, TimestamptzLoader
from psycopg_pool import ConnectionPool

from lifestring.telemetry import tracing
from lifestring.telemetry.statements import note_statement


class _TimestampLoader(TimestampLoader):
    """`timestamp without time zone`."""

    def load(self, data: Any) -> datetime:
        try:
            return super().load(data)
        except DataError:
            return _nearest(data, None)


def _loader_for(zone: tzinfo | None) -> type[TimestamptzLoader]:
    class ZonedLoader(TimestamptzLoader):
        """`timestamp with time zone`; Django compares `timezone` with the zone it wants."""

        timezone: ClassVar[tzinfo | None] = zone

        def load(self, data: Any) -> datetime:
            try:
                return super().load(data).replace(tzinfo=zone)
            except DataError:
                return _nearest(data, zone)

    return ZonedLoader


@lru_cache(maxsize=16)
def _adapters(template: AdaptersMap, zone: tzinfo | None) -> AdaptersMap:
    """Django's way of reading values, which is one and the same for a zone, with loaders of our own.

    Made once: it is asked for with every request, and psycopg keeps every class that ever read a value.
    """
    adapters = AdaptersMap(template)
    adapters.register_loader("timestamp", _TimestampLoader)
    adapters.register_loader("timestamptz", _loader_for(zone))
    return adapters


def _nearest(data: Any, zone: tzinfo | None) -> datetime:
    text = bytes(data)
    past = text.startswith(b"-") or text.endswith(b"BC")
    return datetime.min.replace(tzinfo=zone) if past else datetime.max.replace(tzinfo=zone)


# A server that ends every new connection is not waited for for ever.
MOST_TRIES = 3


def cut_off(connection: Connection[Any]) -> bool:
    """Return whether the server has ended an idle connection: then, and hardly ever else, there is something to read."""
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        if poll.poll(0):
            # A notice or a changed setting may be it; that a round trip tells.
            ConnectionPool.check_connection(connection)
    except OperationalError:
        return True
    return False


class _CountingCursor(CursorWrapper):
    """A cursor that counts what it sends, and traces it where traces are on."""

    def _execute(self, sql: Any, *arguments: Any) -> Any:
        return self._counted(super()._execute, sql, *arguments)  # type: ignore[misc]

    def _executemany(self, sql: Any, *arguments: Any) -> Any:
        return self._counted(super()._executemany, sql, *arguments)  # type: ignore[misc]

    def _counted(self, run: Any, sql: Any, *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            if not tracing.is_on():
                return run(sql, *arguments)
            # With its placeholders: what they stand for is not told.
            with tracing.span("query", SpanKind.CLIENT, db__system__name="postgresql", db__query__text=str(sql)):
                return run(sql, *arguments)
        finally:
            note_statement(time.perf_counter() - started)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that reads every time, and is alive when it comes out of the pool."""

    pool: Any

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; where the one at hand was cut off, all such leave the pool first."""
        connection = super().get_new_connection(conn_params)
        tries = MOST_TRIES
        while tries and self.pool and cut_off(connection):
            tries -= 1
            connection.close()
            self.pool.putconn(connection)
            self.pool.check()
            connection = super().get_new_connection(conn_params)
        return connection

    def make_cursor(self, cursor: Any) -> Any:
        """Return the cursor that Django works with, where it does not keep a protocol of all statements."""
        return _CountingCursor(cursor, self)

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's arguments, with loaders of our own."""
        params: dict[str, Any] = super().get_connection_params()
        return {**params, "context": _adapters(params["context"], self.timezone)}
