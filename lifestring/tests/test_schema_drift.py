"""The drift check against altered databases; each alteration is rolled back with its test (docs/database.md, Drift)."""

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from lifestring import schema_health
from lifestring.checks import check_database
from lifestring.schema_drift import schema_differences
from lifestring.schema_health import database_problems, forget_schema_problems, schema_problems

pytestmark = pytest.mark.django_db

RECREATE_CONNECTION_STATUS = """
ALTER TABLE public.user_connections ALTER COLUMN status DROP DEFAULT;
ALTER TYPE public.connection_status RENAME TO old_status;
CREATE TYPE public.connection_status AS ENUM ({});
ALTER TABLE public.user_connections
      ALTER COLUMN status TYPE public.connection_status USING status::text::public.connection_status
"""
STATUSES = "public.user_connections.status: expected the values pending, accepted, declined, blocked, found"

ALTERATIONS = {
    "table missing": (
        "DROP TABLE public.room_participants",
        "public.room_participants: expected a table, found none",
    ),
    "table replaced by a view": (
        "DROP TABLE public.room_participants; CREATE VIEW public.room_participants AS SELECT 1 AS room_id",
        "public.room_participants: expected a table, found none",
    ),
    "table hidden": (
        "CREATE TABLE django.rooms (id integer)",
        "public.rooms: expected a table that its bare name leads to, found another one before it in search_path",
    ),
    "column missing": (
        "ALTER TABLE public.strings DROP COLUMN likes_count",
        "public.strings.likes_count: expected integer, found no such column",
    ),
    "column of an account missing": (
        "ALTER TABLE auth.users DROP COLUMN banned_until",
        "auth.users.banned_until: expected timestamp with time zone, found no such column",
    ),
    "integer widened": (
        "ALTER TABLE public.strings ALTER COLUMN likes_count TYPE bigint",
        "public.strings.likes_count: expected integer, found bigint",
    ),
    "text bounded": (
        "ALTER TABLE public.messages ALTER COLUMN content TYPE varchar(255)",
        "public.messages.content: expected text, found character varying(255)",
    ),
    "JSON stored as text": (
        "ALTER TABLE public.rooms ALTER COLUMN metadata TYPE json",
        "public.rooms.metadata: expected jsonb, found json",
    ),
    "vector shortened": (
        "ALTER TABLE public.user_embeddings ALTER COLUMN embedding TYPE extensions.vector(768)",
        "public.user_embeddings.embedding: expected extensions.vector(1536), found extensions.vector(768)",
    ),
    "score coarser": (
        "ALTER TABLE public.user_recommendations ALTER COLUMN similarity_score TYPE numeric(3,2)",
        "public.user_recommendations.similarity_score: expected numeric(5,4), found numeric(3,2)",
    ),
    "time with a zone": (
        "ALTER TABLE public.user_profiles ALTER COLUMN created_at TYPE timestamptz",
        "public.user_profiles.created_at: expected timestamp without time zone, found timestamp with time zone",
    ),
    "time without a zone": (
        "ALTER TABLE public.messages ALTER COLUMN created_at TYPE timestamp",
        "public.messages.created_at: expected timestamp with time zone, found timestamp without time zone",
    ),
    "nullable turned not null": (
        "ALTER TABLE public.strings ALTER COLUMN content_text SET NOT NULL",
        "public.strings.content_text: expected nullable, found not null",
    ),
    "not null turned nullable": (
        "ALTER TABLE public.messages ALTER COLUMN content DROP NOT NULL",
        "public.messages.content: expected not null, found nullable",
    ),
    "enum value missing": (
        RECREATE_CONNECTION_STATUS.format("'pending', 'accepted', 'declined'"),
        f"{STATUSES} pending, accepted, declined",
    ),
    "enum value added": (
        "ALTER TYPE public.connection_status ADD VALUE 'muted'",
        f"{STATUSES} pending, accepted, declined, blocked, muted",
    ),
    "enum value renamed": (
        "ALTER TYPE public.connection_status RENAME VALUE 'declined' TO 'refused'",
        f"{STATUSES} pending, accepted, refused, blocked",
    ),
    "enum values reordered": (
        RECREATE_CONNECTION_STATUS.format("'pending', 'blocked', 'declined', 'accepted'"),
        f"{STATUSES} pending, blocked, declined, accepted",
    ),
    "enum replaced by text": (
        """ALTER TABLE public.user_recommendations ALTER COLUMN status DROP DEFAULT;
           ALTER TABLE public.user_recommendations ALTER COLUMN status TYPE text""",
        "public.user_recommendations.status: expected public.recommendation_status, found text",
    ),
    "primary key of one column less": (
        """ALTER TABLE public.string_likes DROP CONSTRAINT string_likes_pkey;
           ALTER TABLE public.string_likes ADD PRIMARY KEY (string_id)""",
        "public.string_likes.(string_id, user_id): expected the primary key, found string_id",
    ),
    "primary key missing": (
        "ALTER TABLE public.messages DROP CONSTRAINT messages_pkey",
        "public.messages.id: expected the primary key, found none",
    ),
    "unique column no more": (
        "ALTER TABLE public.user_profiles DROP CONSTRAINT user_profiles_user_id_key CASCADE",
        "public.user_profiles.user_id: expected unique, found no such constraint",
    ),
    "unique pair no more": (
        "ALTER TABLE public.user_recommendations DROP CONSTRAINT user_recommendations_user_id_recommended_user_id_key",
        "public.user_recommendations.(recommended_user_id, user_id): expected unique, found no such constraint",
    ),
    "unique for some rows only": (
        """ALTER TABLE public.enneagrams DROP CONSTRAINT enneagrams_type_number_key;
           CREATE UNIQUE INDEX ON public.enneagrams (type_number) WHERE type_number > 4""",
        "public.enneagrams.type_number: expected unique, found no such constraint",
    ),
    "default missing": (
        "ALTER TABLE public.events ALTER COLUMN created_at DROP DEFAULT",
        "public.events.created_at: expected a default, found none",
    ),
    "identity missing": (
        "ALTER TABLE public.string_embeddings ALTER COLUMN id DROP IDENTITY",
        "public.string_embeddings.id: expected a default, found none",
    ),
    "column that must be filled": (
        "ALTER TABLE public.rooms ADD COLUMN owner_id uuid NOT NULL",
        "public.rooms.owner_id: expected no column that an INSERT must fill, found uuid not null without default",
    ),
}

HARMLESS = {
    "a nullable column": "ALTER TABLE public.strings ADD COLUMN mood text",
    "a column with a default": "ALTER TABLE public.strings ADD COLUMN mood text NOT NULL DEFAULT ''",
    "a numbered column": "ALTER TABLE public.strings ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY",
    "a computed column": "ALTER TABLE public.strings ADD COLUMN total integer NOT NULL "
    "GENERATED ALWAYS AS (likes_count + comments_count) STORED",
    "a dropped column": "ALTER TABLE public.rooms ADD COLUMN gone uuid NOT NULL; "
    "ALTER TABLE public.rooms DROP COLUMN gone",
    "an index": "CREATE INDEX ON public.strings (created_at)",
    "a table": "CREATE TABLE public.bookmarks (id uuid PRIMARY KEY)",
    "other defaults": "ALTER TABLE public.user_profiles ALTER COLUMN user_id DROP DEFAULT",
    "a stricter account": "ALTER TABLE auth.users ALTER COLUMN created_at SET NOT NULL",
    "a bounded address of an account": "ALTER TABLE auth.users ALTER COLUMN email TYPE varchar(255)",
    "more about accounts": "ALTER TABLE auth.users ADD COLUMN tenant uuid NOT NULL",
}


@pytest.fixture(autouse=True)
def nothing_remembered():
    forget_schema_problems()
    yield
    forget_schema_problems()


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def problems() -> dict[str, str]:
    return {problem.code: problem.message for problem in database_problems(connection)}


def test_the_delivered_schema_has_no_differences(django_assert_num_queries):
    with django_assert_num_queries(3):
        assert schema_differences(connection) == []


@pytest.mark.parametrize(("sql", "line"), ALTERATIONS.values(), ids=ALTERATIONS.keys())
def test_an_altered_database_is_named_in_one_line(sql: str, line: str):
    run(sql)

    assert [str(difference) for difference in schema_differences(connection)] == [line]


@pytest.mark.parametrize("sql", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_other_clients_may_add_is_no_difference(sql: str):
    run(sql)

    assert schema_differences(connection) == []


def test_every_difference_is_named_not_only_the_first():
    for name in ("table missing", "integer widened", "nullable turned not null", "enum value added"):
        run(ALTERATIONS[name][0])

    assert len(schema_differences(connection)) == 4


def test_the_delivered_database_has_no_problems():
    assert database_problems(connection) == []


def test_a_search_path_that_starts_elsewhere_is_a_problem():
    run("SET LOCAL search_path TO public, django, extensions")

    assert problems() == {"search_path": "current_schema() is public, not django."}


def test_a_search_path_without_extensions_is_a_problem():
    run("SET LOCAL search_path TO django, public")

    assert list(problems()) == ["search_path"]
    assert "extensions" in problems()["search_path"]


def test_a_schema_that_migrate_has_yet_to_make_does_not_keep_it_from_running():
    run("ALTER SCHEMA django RENAME TO elsewhere")
    found = check_database(databases=["default"])

    assert [(message.id, message.level) for message in found] == [("lifestring.not_migrated", checks.WARNING)]
    assert schema_problems() == ("The schema django does not exist yet.",)


def test_tables_that_migrate_is_about_to_load_are_no_problem(settings):
    run("DROP TABLE public.user_profiles CASCADE")
    assert problems() == {}

    settings.LOAD_SUPABASE_SCHEMA = False
    assert problems() == {"drift": "public.user_profiles: expected a table, found none"}


def test_a_role_that_policies_bind_is_a_problem():
    run("GRANT USAGE ON SCHEMA django TO authenticated; SET LOCAL ROLE authenticated")
    found = problems()
    run("RESET ROLE")

    assert list(found) == ["row_security"]
    assert "authenticated" in found["row_security"]


@pytest.mark.parametrize(
    ("version", "level", "word"),
    [
        ("0.7.4", checks.WARNING, "iterative"),
        ("0.8.0", checks.INFO, "CVE-2026-3172"),
        ("0.8.1", checks.INFO, "CVE-2026-3172"),
        ("0.8.2", checks.INFO, "VACUUM"),
        ("0.8.3", checks.INFO, "VACUUM"),
    ],
)
def test_an_old_pgvector_is_told_but_does_not_stop_anything(version: str, level: int, word: str):
    run(f"UPDATE pg_catalog.pg_extension SET extversion = '{version}' WHERE extname = 'vector'")
    message, *others = check_database(databases=["default"])

    assert (message.id, message.level) == ("lifestring.pgvector", level)
    assert [other.id for other in others] == ["lifestring.I001"]
    assert word in message.msg
    assert version in message.msg
    assert schema_problems() == ()


@pytest.mark.parametrize("version", ["0.8.4", "0.8.10", "0.9.0", "1.0"])
def test_a_current_pgvector_is_no_problem(version: str):
    run(f"UPDATE pg_catalog.pg_extension SET extversion = '{version}' WHERE extname = 'vector'")

    assert problems() == {}


def test_without_pgvector_the_columns_that_went_with_it_are_named():
    run("DROP EXTENSION vector CASCADE")

    assert [str(difference) for difference in schema_differences(connection)] == [
        "public.string_embeddings.embedding: expected extensions.vector(1536), found no such column",
        "public.user_embeddings.embedding: expected extensions.vector(1536), found no such column",
    ]
    assert list(problems()) == ["drift"]


def test_check_fails_on_drift_and_names_it():
    call_command("check", databases=["default"])

    run("ALTER TABLE public.strings DROP COLUMN likes_count")
    with pytest.raises(SystemCheckError, match=r"lifestring\.drift.* public\.strings\.likes_count: expected integer"):
        call_command("check", databases=["default"])


def test_check_asks_no_database_unless_told_to(django_assert_num_queries):
    run("ALTER TABLE public.strings DROP COLUMN likes_count")

    with django_assert_num_queries(0):
        call_command("check")


def test_readiness_remembers_a_sound_schema(django_assert_num_queries):
    with django_assert_num_queries(6):
        assert schema_problems() == ()
    run("ALTER TABLE public.strings DROP COLUMN likes_count")

    with django_assert_num_queries(0):
        assert schema_problems() == ()
    forget_schema_problems()
    assert schema_problems() == ("public.strings.likes_count: expected integer, found no such column",)


def test_readiness_looks_again_soon_after_a_broken_schema(monkeypatch):
    monkeypatch.setattr(schema_health, "BAD_FOR_SECONDS", 0.0)
    run("ALTER TABLE public.strings ADD COLUMN mood text NOT NULL")
    assert len(schema_problems()) == 1

    run("ALTER TABLE public.strings DROP COLUMN mood")
    assert schema_problems() == ()
