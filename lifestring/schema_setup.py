"""Where tables are made: ours in the schema `django`, Supabase's only where there is no Supabase (docs/database.md)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

SQL_FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "sql"
SUPABASE_FILES = ("00_supabase.sql", "10_schema.sql", "20_reference.sql")
# Any constant will do; processes that prepare one database take turns on it.
LOCK_KEY = 7_201_946


def prepare_schemas(*, using: str = "default", **_: Any) -> None:
    """Run before migrations: make the schema `django`, and load Supabase's where local mode or tests need it.

    Raises:
        ImproperlyConfigured: our tables would land in another schema, or Supabase's tables are not there.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        cursor.execute("CREATE SCHEMA IF NOT EXISTS django")
        cursor.execute("SELECT current_schema()")
        if (found := cursor.fetchone()) != ("django",):
            raise ImproperlyConfigured(
                f"Tables would be made in the schema {found and found[0]}, not in django: set the connection's search_path "
                f"to {settings.SEARCH_PATH} (docs/deploy.md, search_path)."
            )
        cursor.execute("SELECT to_regclass('public.user_profiles') IS NOT NULL")
        if cursor.fetchone() == (True,):
            return
        if not settings.LOAD_SUPABASE_SCHEMA:
            raise ImproperlyConfigured(
                "There is no table public.user_profiles: DATABASE_URL is not a Supabase project's."
            )
        load_supabase(connection)


def load_supabase(connection: Any) -> None:
    """Run the SQL files that stand in for a Supabase project."""
    with connection.cursor() as cursor:
        for name in SUPABASE_FILES:
            cursor.execute((SQL_FOLDER / name).read_text(encoding="utf-8"))
