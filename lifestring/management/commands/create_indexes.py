"""`manage.py create_indexes`: what `psql -f deploy/sql/indexes.sql` does, told step by step (docs/deploy.md, Indexes)."""

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from lifestring.schema_indexes import index_name, index_state, index_statements, run_statement


class Command(BaseCommand):
    """Creates what is missing; what an earlier run left half built is dropped first, since nothing would ever use it."""

    help = "Create the optional indexes on Supabase's tables, without locking anybody out; may be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the statements one by one, outside of any transaction."""
        with connection.cursor() as cursor:
            for unusable in index_state(connection).invalid:
                self.stdout.write(f"{unusable} was half built: dropped")
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS public.{unusable}")
            created = 0
            for statement in index_statements():
                name = index_name(statement)
                if name and name not in index_state(connection).missing:
                    continue
                started = time.monotonic()
                run_statement(cursor, statement)
                if name:
                    created += 1
                    cursor.execute("SELECT pg_size_pretty(pg_relation_size(%s::regclass))", [f"public.{name}"])
                    [size] = cursor.fetchone()
                    self.stdout.write(f"{name}: {size} in {time.monotonic() - started:.1f} s")
            cursor.execute("RESET statement_timeout")
        self.stdout.write(f"{created} indexes were created." if created else "No index was missing.")
