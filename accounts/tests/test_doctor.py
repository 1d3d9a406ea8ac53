"""`manage.py doctor`: each thing that is wrong is a sentence that says what to do (docs/deploy.md, The first time)."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from accounts.database_rights import may_end_sessions
from accounts.tests.roles import weak_role
from accounts.tests.supabase_server import Answer, SupabaseServer
from lifestring.testing.jwks_server import ec_key, serve_keys

pytestmark = pytest.mark.django_db
NOBODY = "127.0.0.1:9"


@pytest.fixture
def healthy(settings: Any, supabase: SupabaseServer) -> Any:
    """Everything as an operator would have it."""
    supabase.answers["GET settings"] = Answer(200, {})
    supabase.answers["GET admin/users?per_page=1"] = Answer(200, {"users": []})
    settings.PUBLIC_URL = "https://api.lifestring.example"
    settings.CORS_ALLOWED_ORIGINS = ["https://lifestring.example"]
    with serve_keys(ec_key("one")) as keys:
        settings.SUPABASE_JWKS_URL = keys.url
        settings.SUPABASE_JWT_SECRET = ""
        yield settings


def doctor() -> tuple[int, dict[str, list[str]]]:
    """Its exit code, and its lines by state."""
    out, code = io.StringIO(), 0
    try:
        call_command("doctor", stdout=out, no_color=True)
    except SystemExit as stop:
        code = int(str(stop.code))
    lines: dict[str, list[str]] = {"ok": [], "note": [], "wrong": []}
    for line in out.getvalue().splitlines()[:-1]:
        state, _, sentence = line.partition(" ")
        lines[state].append(sentence.strip())
    return code, lines


def test_a_good_configuration_is_good_throughout(healthy: Any):
    code, lines = doctor()
    assert (code, lines["wrong"]) == (0, [])
    said = " ".join(lines["ok"])
    for word in ("database: PostgreSQL", "schema:", "pooler:", "Redis: Version", "1 published", "SUPABASE_ANON_KEY"):
        assert word in said


@pytest.mark.parametrize(
    ("name", "value", "subject", "names"),
    [
        ("REDIS_URL", f"redis://{NOBODY}/0", "Redis", "REDIS_URL"),
        ("SUPABASE_JWKS_URL", f"http://{NOBODY}/keys", "signing keys", "SUPABASE_JWKS_URL"),
        ("SUPABASE_URL", f"http://{NOBODY}", "Supabase Auth", "ConnectError"),
    ],
)
def test_what_does_not_answer_is_named(healthy: Any, name: str, value: str, subject: str, names: str):
    setattr(healthy, name, value)
    code, lines = doctor()
    assert code == 1
    [line] = [line for line in lines["wrong"] if line.startswith(subject)]
    assert names in line


@pytest.mark.parametrize(
    ("path", "subject", "names"),
    [
        ("GET settings", "Supabase Auth", "SUPABASE_ANON_KEY"),
        ("GET admin/users?per_page=1", "service key", "SUPABASE_SERVICE_KEY"),
    ],
)
def test_a_key_that_is_refused_is_named(healthy: Any, supabase: SupabaseServer, path: str, subject: str, names: str):
    supabase.answers[path] = Answer(401, {"message": "Invalid API key"})
    code, lines = doctor()
    assert code == 1
    [line] = lines["wrong"]
    assert line.startswith(subject)
    assert "401" in line
    assert names in line


def test_no_way_to_check_a_token_is_wrong_and_a_secret_is_one(healthy: Any):
    with serve_keys() as keys:
        healthy.SUPABASE_JWKS_URL = keys.url
        assert any("SUPABASE_JWT_SECRET is not set" in line for line in doctor()[1]["wrong"])
        healthy.SUPABASE_JWT_SECRET = "x" * 40
        assert doctor()[0] == 0


def test_what_one_may_want_to_know_is_a_note_and_no_failure(healthy: Any):
    healthy.SUPABASE_SERVICE_KEY = healthy.PUBLIC_URL = ""
    healthy.CORS_ALLOWED_ORIGINS = []
    code, lines = doctor()
    assert code == 0
    said = " ".join(lines["note"])
    for name in ("SUPABASE_SERVICE_KEY", "PUBLIC_URL", "CORS_ORIGINS"):
        assert name in said


def test_a_role_that_cannot_end_sessions_is_told_what_it_lacks(healthy: Any):
    with weak_role("BYPASSRLS", "REVOKE DELETE ON auth.sessions"):
        code, lines = doctor()
        assert code == 0
        assert [line for line in lines["note"] if "DELETE on auth.sessions" in line]
    with weak_role("NOBYPASSRLS", "GRANT DELETE ON auth.sessions"):
        assert not may_end_sessions(), "its DELETE would find no row"
    assert may_end_sessions()


def test_a_look_that_fails_is_a_finding_and_the_others_go_on(healthy: Any, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("lifestring.doctor.own.database_problems", broken)
    code, lines = doctor()
    assert code == 1
    assert lines["wrong"] == ["database: This could not be looked at: RuntimeError: out of order"]
    assert any(line.startswith("Redis") for line in lines["ok"])
