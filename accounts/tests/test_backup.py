"""The schema `django` dumped and restored into another project, as docs/data.md says, with something in every table."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection

from accounts.tests.auth_client import AuthClient
from accounts.tests.everything import Everything, everything, forget_detailed_profiles
from chat.tasks import sweep_room_log
from lifestring.checks import check_database
from lifestring.local.binaries import postgres_programs
from lifestring.local.state import PROJECT
from lifestring.schema_setup import load_supabase
from lifestring.testing.scratch import SCRATCH

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial, pytest.mark.xdist_group("serial")]

_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'django'::regnamespace AND relkind = 'r'"
_NEXT = "SELECT schemaname || sequencename, last_value FROM pg_sequences WHERE schemaname = 'django' ORDER BY 1"
# The condition of a check is written otherwise once it was read back, and means the same.
_REST = """
SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'django'
 UNION ALL SELECT 'constraint', conrelid::regclass || conname || CASE contype WHEN 'c' THEN '' ELSE pg_get_constraintdef(oid) END
             FROM pg_constraint WHERE connamespace = 'django'::regnamespace
 UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text ~ 'audit'
 UNION ALL SELECT 'function', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'django'::regnamespace
 ORDER BY 1, 2
"""


@pytest.fixture
def world(auth: AuthClient) -> Iterator[Everything]:
    yield everything(auth)
    forget_detailed_profiles()


def rows(database: Any, sql: str) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def contents(database: Any) -> dict[str, Any]:
    """All there is in the schema: every row as text, where sequences stand, and what holds it together."""
    names = sorted(name for (name,) in rows(database, _TABLES))
    found: dict[str, Any] = {
        name: sorted(row for (row,) in rows(database, f"SELECT t::text FROM django.{name} t")) for name in names
    }
    return {**found, "sequences": rows(database, _NEXT), "rest": rows(database, _REST)}


def address(database: Any) -> str:
    known = database.settings_dict
    parts = urlsplit(settings.CONFIG.database_url)
    return urlunsplit(parts._replace(path=f"/{known['NAME']}", query=""))


def test_clients_of_a_room_whose_log_was_set_back_read_it_anew(world: Everything) -> None:
    page = (PROJECT / "docs" / "data.md").read_text(encoding="utf-8")
    (begins_anew,) = re.findall(r"`(DELETE FROM django\.chat_roomlogentry; [^`]+)`", page)
    path = f"/api/rooms/{world.room}"
    known = world.alice.client.get(f"{path}/log?since=0").json()["data"][-1]["seq"]
    with connection.cursor() as cursor:
        cursor.execute(begins_anew)

    assert world.alice.client.get(f"{path}/log?since={known}").json()["meta"]["reset"] is True
    sweep_room_log()
    seq = world.alice.client.post(f"{path}/messages", {"content": "and on"}).json()["data"]["seq"]
    assert seq > 1_000_000
    assert world.alice.client.get(f"{path}/log?since={seq - 1}").json()["data"][0]["seq"] == seq


def documented(program: str) -> list[str]:
    """The options of a program as the page gives them."""
    page = (PROJECT / "docs" / "data.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith(f"{program} ")]
    return [word for word in line.split() if word.startswith("--") and word not in {"--file", "--dbname"}]


def test_a_backup_brings_everything_back(world: Everything, scratch: Any, tmp_path: Path) -> None:
    programs, file = postgres_programs(tmp_path, None), str(tmp_path / "lifestring.dump")
    before = contents(connection)
    assert sum(bool(found) for found in before.values()) > 30, "there is something in nearly every table"

    dump = [str(programs / "pg_dump"), *documented("pg_dump"), "--file", file, address(connection)]
    subprocess.run(dump, check=True, timeout=60)
    load_supabase(scratch)
    restore = [str(programs / "pg_restore"), *documented("pg_restore"), "--dbname", address(scratch), file]
    subprocess.run(restore, check=True, timeout=60)

    assert contents(scratch) == before
    assert [found for found in check_database(databases=[SCRATCH]) if found.level >= 30] == []
    call_command("migrate", database=SCRATCH, check_unapplied=True, verbosity=0)
    with pytest.raises(Error, match="trail"), scratch.cursor() as cursor:
        cursor.execute("DELETE FROM django.moderation_auditentry")
