"""Column types of the Supabase schema that Django has no field for."""

from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class PgEnumField(models.CharField):  # type: ignore[type-arg]
    """A PostgreSQL enum as text.

    Args:
        enum: the type's qualified name, such as `public.connection_status`.

    Casts name the type too: without that, bulk updates would write varchar and be refused.
    """

    def __init__(self, *args: Any, enum: str = "", **kwargs: Any) -> None:
        self.enum = enum
        kwargs.setdefault("max_length", 63)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Name the enum as the column's type."""
        return self.enum

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Name the enum as the target of casts."""
        return self.enum

    def deconstruct(self) -> Any:
        """Keep the enum's name in migrations."""
        name, path, args, kwargs = super().deconstruct()
        kwargs["enum"] = self.enum
        return name, path, args, kwargs


class NaiveUTCDateTimeField(models.DateTimeField):  # type: ignore[type-arg]
    """`timestamp without time zone` that holds UTC: aware in Python, naive in the column."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Name the column's type."""
        return "timestamp"

    def from_db_value(self, value: datetime | None, *_: object) -> datetime | None:
        """Say that the column's time is UTC."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)

    def get_prep_value(self, value: Any) -> Any:
        """Take a time without a zone as UTC."""
        if isinstance(value, datetime) and value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        return super().get_prep_value(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Write UTC without a zone."""
        value = self.get_prep_value(value)
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        return value
