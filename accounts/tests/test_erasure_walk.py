"""After an erasure nothing is left anywhere: every table of the database, Redis and the logs are looked through.

A table that is new fails here until `everything` has something of alice's in it, or a reason stands below.
"""

from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
import redis
from django.conf import settings
from django.db import connection
from dramatiq import Worker

from accounts.tests.auth_client import AuthClient
from accounts.tests.everything import EMAIL, OTHERS, OWN, Everything, everything, forget_detailed_profiles
from lifestring.testing.people import Person, client_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial, pytest.mark.xdist_group("serial")]

# Tables without anything about a person, and why.
IMPERSONAL = {
    "public.enneagrams": "the nine types",
    "public.cache": "unused",
    "public.cache_locks": "unused",
    "django.django_migrations": "which migrations ran",
    "django.django_content_type": "the models there are",
    "django.auth_permission": "what may be done to models",
    "django.auth_group": "the group of moderators",
    "django.auth_group_permissions": "what that group may do",
    "django.chat_logsweep": "how far the messages of other clients were looked for",
    "django.ai_spending": "what everybody together spent on models, by day",
    "django.lifestring_dailyfigure": "how much happened on a day",
    "django.django_session": "signed, names a staff account's number only, and signs nobody in once that is gone",
}
# Tables that name a person by the number of a row elsewhere, which a foreign key makes go first.
BY_NUMBER = {
    "django.accounts_staffuser_groups": "django.accounts_staffuser",
    "django.accounts_staffuser_user_permissions": "django.accounts_staffuser",
    "django.django_admin_log": "django.accounts_staffuser",
    "django.otp_totp_totpdevice": "django.accounts_staffuser",
    "django.otp_static_staticdevice": "django.accounts_staffuser",
    "django.otp_static_statictoken": "django.otp_static_staticdevice",
}
# Tables that somebody is in from their erasure until their account is gone.
PENDING = {"django.accounts_erasedaccount"}
_TABLES = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname NOT LIKE 'pg\\_%'
"""
_REFERENCES = """
SELECT count(*) FROM pg_constraint
 WHERE contype = 'f' AND conrelid = %s::regclass AND confrelid = %s::regclass AND convalidated
"""


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return {row[0] for row in cursor.fetchall()}


def rows_with(needles: list[str]) -> dict[str, int]:
    """How many rows of which tables hold one of these in any column, as text, JSON, id or bytes."""
    found = {}
    patterns = [f"%{form}%" for needle in needles for form in (needle, needle.encode().hex())]
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY (%s)", [patterns])
            if count := (cursor.fetchone() or (0,))[0]:
                found[table] = count
    return found


def values_of(client: Any, key: bytes) -> Any:
    read = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1, withscores=True),
        b"stream": lambda: client.xrange(key),
        b"none": lambda: None,
    }
    return read[client.type(key)]()


def keys_with(needles: list[str]) -> list[bytes]:
    """Which keys of Redis hold one of these: jobs, the channel layer, caches."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        said = {key: repr((key, values_of(client, key))) for key in client.scan_iter()}
    return [key for key, text in said.items() if any(needle in text for needle in needles)]


@pytest.fixture
def world(auth: AuthClient) -> Iterator[Everything]:
    yield everything(auth)
    forget_detailed_profiles()


def run_jobs() -> None:
    """Let a real worker do what is queued."""
    broker: Any = dramatiq.get_broker()
    worker = Worker(broker, queues={"accounts", "accounts.DQ"}, worker_timeout=20, worker_threads=1)
    worker.start()
    try:
        broker.join("accounts", timeout=20_000)
    finally:
        worker.stop(timeout=10_000)


def test_every_table_is_looked_through_or_has_a_reason(world: Everything):
    hers = set(rows_with(world.needles))
    assert tables() - hers == IMPERSONAL.keys() | BY_NUMBER.keys() | PENDING, "a table is in nobody's world"
    with connection.cursor() as cursor:
        for table, target in BY_NUMBER.items():
            assert target in hers | BY_NUMBER.keys()
            cursor.execute(_REFERENCES, [table, target])
            assert cursor.fetchone() == (1,), table


def test_nothing_is_left(world: Everything, caplog: pytest.LogCaptureFixture):
    dramatiq.get_broker().flush_all()
    others = rows_with([str(world.bob.user_id), OTHERS])

    assert world.alice.client.delete("/api/me").status_code == 204
    assert keys_with(world.needles), "the job that deletes the account names it"
    assert rows_with(world.needles).keys() >= PENDING
    run_jobs()

    assert rows_with(world.needles) == {}
    assert keys_with(world.needles) == []
    left = rows_with([str(world.bob.user_id), OTHERS])
    # What goes of others hung on what was hers: their likes, comments and answers, their row about her.
    assert {table for table in others if left.get(table, 0) == 0} == set()
    assert {table for table in others if left[table] != others[table]} == {
        "public.string_comments",
        "public.string_likes",
        "public.user_connections",
        "public.user_recommendations",
        "django.events_eventattendance",
        "django.moderation_report",
        "django.moderation_snapshot",
    }
    said = "\n".join(record.getMessage() for when in ("setup", "call") for record in caplog.get_records(when))
    assert "GET /api/my/events.ics" in said
    told = [secret for secret in (OWN, EMAIL, *world.secrets) if secret in said]
    assert told == [], "the logs hold what people wrote"


def test_the_walk_would_find_her_in_any_form(world: Everything, bob: Person):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.newcomer (id uuid, note jsonb, image bytea)")
        try:
            for column, value in (
                ("id", world.alice.user_id),
                ("note", f'{{"a": ["{OWN}"]}}'),
                ("image", OWN.encode()),
            ):
                cursor.execute(f"TRUNCATE public.newcomer; INSERT INTO public.newcomer ({column}) VALUES (%s)", [value])
                assert rows_with(world.needles)["public.newcomer"] == 1, column
        finally:
            cursor.execute("DROP TABLE public.newcomer")
    assert client_for(bob.user_id).get("/api/me").status_code == 200
