"""Reading times that Python has no value for.

Supabase lets its other clients write `infinity` or the year 20000 into their own rows. The driver refuses to read such a
value, and with it the whole page of everybody's list that the row is on; here it reads as the nearest time there is.
"""

from datetime import datetime, tzinfo
from typing import Any, ClassVar

from django.db.backends.postgresql import base
from psycopg import DataError
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestampLoader, TimestamptzLoader


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


def _nearest(data: Any, zone: tzinfo | None) -> datetime:
    text = bytes(data)
    past = text.startswith(b"-") or text.endswith(b"BC")
    return datetime.min.replace(tzinfo=zone) if past else datetime.max.replace(tzinfo=zone)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that reads every time."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's arguments, with loaders of our own."""
        params: dict[str, Any] = super().get_connection_params()
        adapters = AdaptersMap(params["context"])
        adapters.register_loader("timestamp", _TimestampLoader)
        adapters.register_loader("timestamptz", _loader_for(self.timezone))
        return {**params, "context": adapters}
