"""What `migrate` does to databases in every state it may find, each a database of its own (docs/database.md)."""

import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.core import checks
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.migrations.loader import MigrationLoader

from lifestring.checks import check_database
from lifestring.local.binaries import postgres_programs
from lifestring.local.processes import clean_environment
from lifestring.schema_drift import unmanaged_models
from lifestring.schema_setup import SQL_FOLDER, SUPABASE_FILES, SchemaError, load_supabase, prepare_schemas
from lifestring.testing.scratch import SCRATCH, server

LIST_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"


def tables(database: Any, schema: str) -> set[str]:
    with database.cursor() as cursor:
        cursor.execute(LIST_TABLES, [schema])
        return {name for (name,) in cursor.fetchall()}


def one(database: Any, sql: str) -> Any:
    with database.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def use_search_path(database: Any, path: str) -> None:
    database.settings_dict["OPTIONS"]["options"] = f"-c search_path={path}"


def migrate() -> None:
    call_command("migrate", database=SCRATCH, verbosity=0)


def test_an_empty_database_gets_everything(scratch):
    migrate()

    assert {"user_profiles", "strings", "cache_locks"} < tables(scratch, "public")
    assert {"django_migrations", "accounts_staffuser", "accounts_suspension"} < tables(scratch, "django")
    assert one(scratch, "SELECT count(*) FROM public.enneagrams") == 9


def test_nothing_of_ours_lands_in_a_schema_of_supabase(scratch):
    load_supabase(scratch)
    before = {schema: tables(scratch, schema) for schema in ("public", "auth", "extensions")}
    assert len(before["public"]) == 16

    migrate()

    assert {schema: tables(scratch, schema) for schema in before} == before
    assert len(tables(scratch, "django")) > 10


def test_migrating_again_changes_nothing(scratch):
    migrate()
    before = tables(scratch, "django") | tables(scratch, "public")
    with scratch.cursor() as cursor:
        cursor.execute("DELETE FROM public.enneagrams WHERE id = 9")

    migrate()

    assert tables(scratch, "django") | tables(scratch, "public") == before
    assert one(scratch, "SELECT count(*) FROM public.enneagrams") == 8


def test_one_app_can_be_migrated_before_the_others(scratch):
    call_command("migrate", "contenttypes", database=SCRATCH, verbosity=0)
    assert "auth_permission" not in tables(scratch, "django")

    call_command("migrate", "accounts", database=SCRATCH, verbosity=0)
    assert one(scratch, "SELECT count(*) FROM django.auth_permission WHERE codename = 'view_userprofile'") == 1


def test_emptying_our_tables_leaves_the_admin_its_permissions(scratch):
    migrate()
    # The trail refuses to be emptied, as it should; of everything else the command is told.
    with scratch.cursor() as cursor:
        cursor.execute("ALTER TABLE django.moderation_auditentry DISABLE TRIGGER USER")

    call_command("flush", database=SCRATCH, verbosity=0, interactive=False)

    assert one(scratch, "SELECT count(*) FROM django.auth_permission WHERE codename = 'view_string'") == 1
    assert one(scratch, "SELECT count(*) FROM public.enneagrams") == 9


def test_a_server_that_does_not_answer_is_one_message_of_the_check(scratch):
    scratch.settings_dict["PORT"] = 9
    [message] = check_database(databases=[SCRATCH])

    assert (message.id, message.level) == ("lifestring.unreachable", checks.ERROR)
    assert "Connection refused" in message.msg


def test_a_wrong_search_path_stops_before_anything_is_made(scratch):
    use_search_path(scratch, "public,django,extensions")

    with pytest.raises(SchemaError, match="in the schema public, not in django: set the connection's search_path"):
        migrate()

    assert tables(scratch, "public") == tables(scratch, "django") == set()
    assert one(scratch, "SELECT count(*) FROM pg_namespace WHERE nspname = 'django'") == 0


def test_production_is_never_given_supabase_tables(scratch, settings):
    settings.LOAD_SUPABASE_SCHEMA = False

    with pytest.raises(SchemaError, match=r"no table public\.user_profiles"):
        migrate()

    assert tables(scratch, "public") == tables(scratch, "django") == set()


def test_production_with_supabase_tables_gets_ours_beside_them(scratch, settings):
    load_supabase(scratch)
    settings.LOAD_SUPABASE_SCHEMA = False

    migrate()

    assert "accounts_staffuser" in tables(scratch, "django")


def test_a_role_that_may_not_make_schemas_can_migrate_into_the_one_made_for_it(scratch, settings):
    """Whoever runs the service need not own the database."""
    load_supabase(scratch)
    settings.LOAD_SUPABASE_SCHEMA = False
    role = f"role_{uuid.uuid4().hex}"
    with scratch.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role}; CREATE SCHEMA django AUTHORIZATION {role}")
    try:
        with transaction.atomic(using=SCRATCH), scratch.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role}")
            prepare_schemas(using=SCRATCH)
    finally:
        with scratch.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")


def test_a_failing_file_leaves_the_database_as_it_was(scratch):
    with scratch.cursor() as cursor:
        cursor.execute("CREATE TABLE public.strings ()")

    with pytest.raises(Exception, match='relation "strings" already exists'):
        migrate()

    assert tables(scratch, "public") == {"strings"}
    assert tables(scratch, "auth") == set()


def test_two_processes_that_start_at_once_take_turns(scratch):
    def prepare(_: int) -> None:
        try:
            prepare_schemas(using=SCRATCH)
        finally:
            connections[SCRATCH].close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare, range(4)))

    assert one(scratch, "SELECT count(*) FROM public.enneagrams") == 9


def test_databases_of_one_cluster_can_be_loaded_at_once(scratch):
    """Roles belong to the cluster: whoever finds them made by another goes on."""
    names = [f"scratch_{uuid.uuid4().hex}" for _ in range(3)]
    files = [(SQL_FOLDER / name).read_text() for name in SUPABASE_FILES]

    def load(name: str) -> int:
        with server() as outside:
            outside.execute(f"CREATE DATABASE {name}")
            parameters = {**outside.info.get_parameters(), "dbname": name, "password": outside.info.password}
        with psycopg.connect(**parameters) as inside:
            for sql in files:
                inside.execute(sql)
            return inside.execute("SELECT count(*) FROM public.enneagrams").fetchone()[0]

    try:
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(load, names)) == [9, 9, 9]
    finally:
        with server() as outside:
            for name in names:
                outside.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_the_files_load_through_psql_and_the_repeatable_ones_twice(scratch, tmp_path: Path):
    known = scratch.settings_dict
    files = ["00_supabase.sql", "00_supabase.sql", "10_schema.sql", "20_reference.sql", "20_reference.sql"]
    files += ["optional_detailed_profiles.sql", "00_supabase.sql"]
    psql = postgres_programs(tmp_path, None) / "psql"
    address = f"host={known['HOST']} port={known['PORT']} user={known['USER']} dbname={known['NAME']}"
    run = subprocess.run(
        [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", address, *(f"--file={SQL_FOLDER / name}" for name in files)],
        env={**clean_environment(), "PGPASSWORD": known["PASSWORD"]},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 0, run.stderr
    assert one(scratch, "SELECT count(*) FROM public.enneagrams") == 9
    assert "detailed_profiles" in tables(scratch, "public")


@pytest.mark.django_db
def test_the_data_api_cannot_reach_our_schema():
    for role in ("anon", "authenticated", "service_role"):
        assert one(connection, f"SELECT has_schema_privilege('{role}', 'django', 'USAGE')") is False
        assert one(connection, f"SELECT has_schema_privilege('{role}', 'public', 'USAGE')") is True


@pytest.mark.django_db
def test_migrations_are_complete():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_know_our_own_tables_only():
    state = MigrationLoader(None).project_state()
    unmanaged = {(model._meta.app_label, model._meta.model_name) for model in unmanaged_models()}

    assert unmanaged
    assert not unmanaged & state.models.keys()
    assert {("accounts", "staffuser"), ("accounts", "suspension")} <= state.models.keys()


@pytest.mark.django_db
def test_the_admin_has_permissions_for_every_unmanaged_model():
    for model in unmanaged_models():
        codename = f"view_{model._meta.model_name}"
        assert Permission.objects.filter(content_type__app_label=model._meta.app_label, codename=codename).exists()
