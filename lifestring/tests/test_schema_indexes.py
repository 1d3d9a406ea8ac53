"""The optional indexes: created beside people at work, used by the queries they are for, named where they are missing."""

import re
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Cast
from pgvector.django import CosineDistance, HalfVectorField

from accounts import reads as people
from accounts.callers import Caller
from accounts.models import UserProfile
from ai.models import DIMENSIONS, StringEmbedding, UserEmbedding
from chat.models import Message, Room
from events import reads as events
from events.models import Event
from lifestring.checks import check_database
from lifestring.local.binaries import postgres_programs
from lifestring.schema_indexes import INDEX_FILE, IndexState, index_name, index_state, index_statements
from lifestring.testing.people import Person
from strings import reads as strings
from strings.models import StringComment

NAMES = [name for statement in index_statements() if (name := index_name(statement))]
CREATED = ("-created_at", "-id")
SOME = uuid.UUID(int=7)
TO_COME = datetime(2999, 1, 1, tzinfo=UTC)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def drop_all() -> None:
    for name in NAMES:
        execute(f"DROP INDEX IF EXISTS public.{name}")


@pytest.fixture
def without_indexes(transactional_db: None) -> Iterator[None]:
    """A database without them, at the end as well: they are not part of a transaction that could be rolled back."""
    drop_all()
    yield
    drop_all()


def is_used(name: str, queryset: QuerySet[Any, Any]) -> bool:
    """Whether a query can use an index: with no other of the table's, nor reading and sorting all, which suits small ones."""
    sql, params = queryset.query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid <> %(name)s::regclass"
            " AND indrelid = (SELECT indrelid FROM pg_index WHERE indexrelid = %(name)s::regclass)",
            {"name": f"public.{name}"},
        )
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off")
        cursor.execute(f"EXPLAIN {sql}" if queryset.query.is_sliced else f"EXPLAIN {sql} LIMIT 16", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        transaction.set_rollback(True)
    return re.search(rf"(?:using|Scan on) {name}\b", plan) is not None


def queries(caller: Caller) -> dict[str, QuerySet[Any, Any]]:
    """What each index is for."""
    feed = strings.feed(caller, None, None, None, None)
    nearness = CosineDistance(Cast("embedding", HalfVectorField(dimensions=DIMENSIONS)), [1.0] * DIMENSIONS)
    return {
        "strings_created_at_id_idx": feed.order_by(*CREATED),
        "strings_user_id_created_at_id_idx": strings.own_newest(caller),
        "strings_stringable_id_created_at_id_idx": strings.feed(caller, None, "event", SOME, None).order_by(*CREATED),
        "strings_likes_count_id_idx": feed.order_by("-likes_count", "-id"),
        "strings_comments_count_id_idx": feed.order_by("-comments_count", "-id"),
        "strings_search_v1_idx": strings.feed(caller, None, None, None, "some words").order_by("?"),
        "strings_search_recent_v1_idx": strings.matching_since(caller, "some words", TO_COME).order_by("?"),
        "string_likes_user_id_string_id_idx": strings.liked(caller).order_by("?"),
        "string_comments_string_id_created_at_id_idx": strings.top_level_comments_on(SOME, caller).order_by(*CREATED),
        "string_comments_user_id_created_at_id_idx": StringComment.objects.filter(user_id=SOME).order_by(*CREATED),
        "rooms_created_at_id_idx": Room.objects.order_by(*CREATED),
        "user_profiles_staff_created_at_id_idx": UserProfile.objects.filter(is_mod=True).order_by(
            F("created_at").desc(nulls_last=True), "-id"
        ),
        "string_comments_created_at_id_idx": StringComment.objects.order_by(*CREATED),
        "string_comments_parent_comment_id_created_at_id_idx": strings.replies_to(SOME, caller).order_by(
            "created_at", "id"
        ),
        "messages_room_id_created_at_id_idx": Message.objects.filter(room_id=SOME).order_by(*CREATED),
        "events_start_time_id_idx": Event.objects.listed_for(caller).order_by("start_time", "id"),
        "events_created_at_id_idx": Event.objects.listed_for(caller).order_by(*CREATED),
        "events_title_id_idx": Event.objects.listed_for(caller).order_by("title", "id"),
        "events_user_id_start_time_id_idx": Event.objects.filter(user_id=SOME).order_by("start_time", "id"),
        "events_search_v1_idx": events.ranked(caller, "some words"),
        "user_profiles_created_at_id_idx": people.people(caller, None).order_by(
            F("created_at").desc(nulls_last=True), "-id"
        ),
        "user_profiles_search_v1_idx": people.ranked(caller, "some words"),
        "user_profiles_name_v1_idx": people.people(caller, "some name").order_by("?"),
        "user_embeddings_halfvec_idx": UserEmbedding.objects.values("user_id").order_by(nearness),
        "string_embeddings_halfvec_idx": StringEmbedding.objects.values("string_id").order_by(nearness),
    }


def test_the_command_creates_each_once_and_the_queries_they_are_for_use_them(
    without_indexes: None, alice: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    assert index_state(connection) == IndexState(missing=NAMES, invalid=[])

    call_command("create_indexes")
    said = capsys.readouterr().out
    call_command("create_indexes")

    assert f"{len(NAMES)} indexes were created." in said
    assert "No index was missing." in capsys.readouterr().out
    assert index_state(connection) == IndexState(missing=[], invalid=[])
    assert queries(alice.caller).keys() == {*NAMES}
    assert not [name for name, queryset in queries(alice.caller).items() if not is_used(name, queryset)]
    assert index_state(connection) == IndexState(missing=[], invalid=[])


def test_the_search_index_of_the_newest_strings_is_made_anew_once_it_has_outgrown_them(
    without_indexes: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_indexes")
    for size, made in ((500_000, False), (500_001, True)):
        execute(f"UPDATE pg_class SET reltuples = {size} WHERE oid = 'public.strings_search_recent_v1_idx'::regclass")
        capsys.readouterr()
        call_command("create_indexes")
        assert ("strings_search_recent_v1_idx: " in capsys.readouterr().out) == made
    assert index_state(connection) == IndexState(missing=[], invalid=[])


def test_psql_runs_the_file(without_indexes: None, tmp_path: Path) -> None:
    known = connection.settings_dict
    psql = postgres_programs(tmp_path, None) / "psql"
    url = f"postgresql://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"

    done = subprocess.run([psql, url, "-v", "ON_ERROR_STOP=1", "-qf", INDEX_FILE], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert index_state(connection) == IndexState(missing=[], invalid=[])


def test_the_check_names_missing_and_half_built_ones_as_a_hint_and_the_command_repairs_them(
    without_indexes: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_indexes")
    assert check_database(databases=["default"]) == []
    half_built, missing = NAMES[:2]
    execute(f"DROP INDEX public.{missing}")
    # What a CREATE INDEX CONCURRENTLY that failed leaves behind.
    execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.{half_built}'::regclass")

    found = {message.id: message for message in check_database(databases=["default"])}

    assert found.keys() == {"lifestring.I001", "lifestring.I002"}
    assert {message.level for message in found.values()} == {checks.INFO}
    assert missing in found["lifestring.I001"].msg
    assert "deploy/sql/indexes.sql" in (found["lifestring.I001"].hint or "")
    assert half_built in found["lifestring.I002"].msg
    call_command("check", "--database", "default")
    call_command("create_indexes")
    assert check_database(databases=["default"]) == []


def test_every_index_is_optional_additive_and_explained() -> None:
    text = INDEX_FILE.read_text(encoding="utf-8")
    created = re.findall(
        r"(?:^--.*\n)+(?:SELECT format.*\n)?CREATE INDEX CONCURRENTLY IF NOT EXISTS (\w+)", text, re.MULTILINE
    )

    assert created == NAMES
    assert len(NAMES) == len(set(NAMES)) == text.count("CREATE ")
    others = [statement.split()[0] for statement in index_statements() if index_name(statement) is None]
    assert set(others) == {"SET", "SELECT", "ANALYZE"}
