"""`make bench ARGS=admin_pages`: what each list of the admin costs where there are 1,000,000 strings, and as many people.

A database of its own in the server is seeded (`manage.py seed --scale`), given the optional indexes and filled up, by SQL,
to 1,000,000 rows in every table that staff page through. Each list, its last page and its searches are then opened through
Django, warm; the median of five and the number of queries are printed. `--size=50000` takes fewer strings and rows.
"""

import os
import statistics
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROUNDS = 5
GOAL_MS, GOAL_QUERIES = 500.0, 10
BACKEND = "django.contrib.auth.backends.ModelBackend"
# What the crowd has less of.
_FILL = """
SET session_replication_role = replica;
INSERT INTO auth.users (id, email, raw_user_meta_data, is_sso_user, created_at)
SELECT md5('more' || n)::uuid, 'more-' || n || '@crowd.lifestring.example', jsonb_build_object('name', 'More ' || n), false,
       now() - n * interval '1 minute' FROM generate_series(1, %(rows)s) n;
INSERT INTO public.user_profiles (user_id, contact_info, social_links, attributes, biography, created_at)
SELECT md5('more' || n)::uuid, jsonb_build_object('name', 'More ' || n), '{}', '{}', jsonb_build_object('bio', 'Words'),
       now() - n * interval '1 minute' FROM generate_series(1, %(rows)s) n;
INSERT INTO public.rooms (name, metadata, updated_at)
SELECT 'Room ' || n, '{}', now() - n * interval '1 minute' FROM generate_series(1, %(rows)s) n;
INSERT INTO public.events (user_id, title, description, start_time)
SELECT md5('more' || n)::uuid, 'Event ' || n, 'Something', now() - n * interval '1 minute'
  FROM generate_series(1, %(rows)s) n;
INSERT INTO django.accounts_suspension (user_id, suspended_at, reason)
SELECT md5('more' || n)::uuid, now() - n * interval '1 minute', '' FROM generate_series(1, %(rows)s) n;
INSERT INTO django.accounts_staffsignin (at, email, agent, outcome)
SELECT now() - n * interval '1 minute', 'more-' || n || '@x.example', '', 'refused' FROM generate_series(1, %(rows)s) n;
INSERT INTO django.moderation_case (id, target_type, target_id, person_id, status, severity, reporters_count, opened_at,
                                    reported_at, version, decision, decided_at)
SELECT md5('case' || n)::uuid, 'string', md5('thing' || n)::uuid, md5('more' || n)::uuid,
       CASE WHEN n %% 50 = 0 THEN 'open' ELSE 'decided' END, 1 + n %% 3, n %% 7, now() - n * interval '1 minute', now(), 1,
       CASE WHEN n %% 50 = 0 THEN '' ELSE 'dismissed' END,
       CASE WHEN n %% 50 > 0 THEN now() - n * interval '30 seconds' END FROM generate_series(1, %(rows)s) n;
INSERT INTO django.moderation_report (id, case_id, source, reporter_id, target_type, target_id, reason, details, is_open,
                                      created_at)
SELECT md5('report' || n)::uuid, md5('case' || n)::uuid, 'person', md5('more' || n %% 5000)::uuid, 'string',
       md5('thing' || n)::uuid, 'spam', '', n %% 50 = 0, now() - n * interval '1 minute'
  FROM generate_series(1, %(rows)s) n;
INSERT INTO django.moderation_sanction (id, person_id, kind, reason, imposed_at)
SELECT md5('sanction' || n)::uuid, md5('more' || n)::uuid, 'warning', '', now() - n * interval '1 minute'
  FROM generate_series(1, %(rows)s) n;
INSERT INTO django.moderation_auditentry (at, actor_id, action, case_id, target_type, target_id, person_id, why)
SELECT now() - n * interval '1 minute', md5('staff' || n %% 20)::uuid, 'case.dismissed', md5('case' || n)::uuid, 'string',
       md5('thing' || n)::uuid, md5('more' || n)::uuid, '' FROM generate_series(1, %(rows)s) n;
"""
_VECTORS = """
INSERT INTO public.string_embeddings (string_id, embedding, content_hash)
SELECT id, array_fill(0.5, ARRAY[1536])::extensions.vector, 'x' FROM public.strings LIMIT %(rows)s
"""
QUESTIONS = {
    "accounts/userprofile": ["more 77", "more-77@crowd.lifestring.example", "{person}", "m"],
    "strings/string": ["{person}", "the", "moongarden"],
    "strings/stringcomment": ["{person}", "{string}"],
    "chat/room": ["Room 77", "{person}", "r"],
    "events/event": ["walk", "{person}"],
    "accounts/suspension": ["{person}"],
    "accounts/staffsignin": ["more-77@x.example"],
    "accounts/staffuser": ["more"],
    "ai/stringembedding": ["{string}"],
    "moderation/case": ["{person}"],
    "moderation/report": ["{person}"],
    "moderation/sanction": ["{person}"],
    "moderation/auditentry": ["{person}"],
}


def run(arguments: list[str]) -> None:
    """Seed, measure and print the table."""
    given = next((one.partition("=")[2] for one in arguments if one.startswith("--size=")), "1000000")
    url = _prepared(os.environ["DATABASE_URL"], int(given))
    command = [sys.executable, "-m", "benchmarks.admin_pages"]
    subprocess.run(command, env={**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "WARNING"}, check=True)


def _prepared(base: str, size: int) -> str:
    """Make a database of so many rows in the server behind `base`; returns its address."""
    name = f"admin_pages_{size}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(base)._replace(path=f"/{name}"))
    for command in (["migrate", "--no-input", "-v", "0"], ["seed", f"--scale={size}"], ["create_indexes"]):
        subprocess.run([sys.executable, "manage.py", *command], env={**os.environ, "DATABASE_URL": url}, check=True)
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection, size)
    return url


def fill(connection: Any, rows: int) -> None:
    """Add rows to what the crowd has less of than that; vectors to a tenth, which take 8 KB each."""
    for statement in filter(str.strip, _FILL.split(";")):
        connection.execute(statement % {"rows": rows})
    connection.execute(_VECTORS % {"rows": rows // 10})
    connection.execute("VACUUM ANALYZE")


def measure() -> None:
    """Open every list of the admin in this process, and print what each takes."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
    django.setup()
    from django.contrib import admin
    from django.test import Client

    from accounts.models import StaffUser
    from strings.models import String

    staff, _ = StaffUser.objects.get_or_create(email="bench@x.example", is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=True)
    client.force_login(staff, BACKEND)
    string = String.objects.order_by("-comments_count")[0]
    known = {"person": str(string.user_id), "string": str(string.id)}
    print(f"{'page':70}{'ms':>9}{'queries':>9}")
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label_lower):
        page = model._meta.label_lower.replace(".", "/")
        _show(client, f"/admin/{page}/")
        _show(client, f"/admin/{page}/?p=200")
        _show(client, f"/admin/{page}/?when=30")
        for question in QUESTIONS.get(page, []):
            _show(client, f"/admin/{page}/?q={question.format_map(known)}")
    _show(client, "/admin/accounts/userprofile/?role=mod")
    # No lists of rows: they ask once or twice for each of their parts.
    for address in (f"/admin/people/{known['person']}/", "/admin/queue/", "/admin/"):
        _show(client, address, queries_goal=30)


def _show(client: Any, address: str, *, queries_goal: int = GOAL_QUERIES) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times, queries = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        times.append((time.perf_counter() - started) * 1000)
        queries = len(captured)
        if answer.status_code not in {200, 302}:
            raise RuntimeError(f"{address}: {answer.status_code}")
    took = statistics.median(times)
    missed = took > GOAL_MS or queries > queries_goal
    print(f"{address:70}{took:9.1f}{queries:9}{'  missed' if missed else ''}")


if __name__ == "__main__":
    measure()
