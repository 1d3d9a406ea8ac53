"""Where tables are made: ours in the schema `django`, Supabase's only where there is no Supabase (docs/database.md)."""

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

SCHEMA = "django"
SQL_FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "sql"
SUPABASE_FILES = ("00_supabase.sql", "10_schema.sql", "20_reference.sql")
# Any constant will do; processes that prepare one database take turns on it.
LOCK_KEY = 7_201_946


class SchemaError(CommandError):
    """The database is not one to migrate; the message says what to do, without a traceback on the command line."""


def prepare_schemas(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Run before migrations: make the schema `django`, and load Supabase's tables where local mode or tests need them.

    All of it happens in one transaction, so that a failure leaves the database as it was.

    Raises:
        SchemaError: our tables would land in another schema, or Supabase's are missing from a real project.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        _make_schema(cursor)
        _check_search_path(cursor)
        if _has_supabase(cursor):
            return
        if not settings.LOAD_SUPABASE_SCHEMA:
            raise SchemaError(
                "There is no table public.user_profiles: DATABASE_URL leads to no Supabase project of Lifestring."
            )
        load_supabase(connection)


def load_supabase(connection: BaseDatabaseWrapper) -> None:
    """Run the SQL files that stand in for a Supabase project, into a database without one."""
    with connection.cursor() as cursor:
        for name in SUPABASE_FILES:
            cursor.execute((SQL_FOLDER / name).read_text(encoding="utf-8"))


def create_unmanaged_permissions(
    *, sender: AppConfig, apps: Any = installed_apps, using: str = DEFAULT_DB_ALIAS, **_: Any
) -> None:
    """Run after migrations: give unmanaged models the rows the admin's permissions need.

    Django makes them for models it finds in migrations, which ours stay out of (lifestring/autodetector.py).
    """
    try:
        # The models as of this migration: early ones have nowhere to put permissions yet.
        apps.get_model("auth", "Permission")
    except LookupError:
        return
    if any(not model._meta.managed for model in sender.get_models()):
        create_permissions(sender, verbosity=0, using=using, apps=installed_apps)


def _make_schema(cursor: CursorWrapper) -> None:
    # CREATE SCHEMA IF NOT EXISTS asks for rights on the database even where there is nothing to create.
    cursor.execute("SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s", [SCHEMA])
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")


def _check_search_path(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT current_schema()")
    row = cursor.fetchone()
    found = row[0] if row else None
    if found != SCHEMA:
        raise SchemaError(
            f"Tables would be made in the schema {found}, not in {SCHEMA}: set the connection's search_path to "
            f"{settings.SEARCH_PATH} (docs/deploy.md, search_path)."
        )


def _has_supabase(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_catalog.to_regclass('public.user_profiles') IS NOT NULL")
    return bool(cursor.fetchone() == (True,))
