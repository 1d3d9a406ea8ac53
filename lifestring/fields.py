"""Model fields for what Supabase's tables hold and Django has no field for.

Vector columns use pgvector's own `VectorField(dimensions=…)`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    # Django's fields take their types' names in the stubs only; both columns of the second kind are nullable.
    _CharField = models.CharField[str | Combinable, str]
    _DateTimeField = models.DateTimeField[datetime | Combinable | None, datetime | None]
else:
    _CharField = models.CharField
    _DateTimeField = models.DateTimeField

# The longest label PostgreSQL allows (NAMEDATALEN - 1).
MAX_LABEL = 63


class PgEnumField(_CharField):
    """A column of a PostgreSQL ENUM type.

    To the database an enum is no text: without the cast type, `bulk_update` and CASE expressions would send varchar,
    which it refuses. A CASE needs `Value("accepted", output_field=field)`.

    Args:
        enum: the type's name with its schema, "public.connection_status".
        choices: all its labels in the type's own order, which is also how the database sorts them.
    """

    def __init__(self, *args: Any, enum: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_LABEL)
        self.enum = enum
        super().__init__(*args, **kwargs)

    @property
    def labels(self) -> list[str]:
        """The labels the code knows, in order."""
        return [str(value) for value, _ in self.flatchoices]

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the ENUM type."""
        return self.enum

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the ENUM type for casts too."""
        return self.enum

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Keep the type's name when Django copies the field."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "enum": self.enum}


class NaiveUTCDateTimeField(_DateTimeField):
    """An aware datetime in a column of type `timestamp without time zone` that holds UTC."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the type without a time zone."""
        return "timestamp without time zone"

    def from_db_value(self, value: datetime | None, *_: object) -> datetime | None:
        """Say that what the column holds is UTC."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    def get_prep_value(self, value: Any) -> Any:
        """Take a time without a zone for what it is in such a column: UTC."""
        if isinstance(value, datetime) and value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        return super().get_prep_value(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Write UTC's clock, and no zone that PostgreSQL would convert by the session's."""
        value = super().get_db_prep_value(value, connection, prepared)
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC).replace(tzinfo=None)
        return value
