"""Supabase Auth's manners on the wire: error forms, bad input, odd addresses, and the gate in front of it all."""

from typing import Any

import pytest
from django.conf import settings as project
from django.db import OperationalError
from django.test import Client

from accounts.local_auth.gateway import LocalAuth
from accounts.tests.auth_client import PASSWORD, AuthClient, refusal
from lifestring.local.secrets import LocalSecrets

EMAIL = "alice@lifestring.example"
BAD_BODIES: list[tuple[bytes, int, str]] = [
    (b"{not json", 400, "bad_json"),
    (b"\xff\xfe", 400, "bad_json"),
    (b"[1, 2]", 400, "bad_json"),
    (b'"text"', 400, "bad_json"),
    (b'{"email": NaN}', 400, "bad_json"),
    (b"[" * 100_000, 422, "validation_failed"),
    (b'{"email": "a\\u0000@b.example"}', 422, "validation_failed"),
    (b'{"email": "\\ud800@b.example"}', 422, "validation_failed"),
    (b'{"email": 1' + b"0" * 5000 + b"}", 422, "validation_failed"),
    (b'{"email": 1e999}', 422, "validation_failed"),
    (b'{"email": {"a": 1}}', 400, "validation_failed"),
    (b'{"email": "a@b.example", "data": ' + b'{"a":' * 12 + b"1" + b"}" * 13, 422, "validation_failed"),
]
ROUTES = [
    ("POST", "signup"),
    ("POST", "token?grant_type=password"),
    ("POST", "token?grant_type=refresh_token"),
    ("POST", "recover"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(("raw", "status", "code"), BAD_BODIES[:-2])
def test_a_bad_body_is_refused_in_supabases_form(
    auth: AuthClient, method: str, path: str, raw: bytes, status: int, code: str
) -> None:
    assert refusal(auth.send(method, path, raw=raw)) == (status, code)


@pytest.mark.django_db
@pytest.mark.parametrize(("raw", "status", "code"), BAD_BODIES)
def test_a_bad_body_changes_no_account(
    auth: AuthClient, local_mode: LocalSecrets, raw: bytes, status: int, code: str
) -> None:
    session = auth.sign_up(EMAIL)
    if b'"data"' not in raw:
        assert refusal(auth.put("user", token=session["access_token"], raw=raw)) == (status, code)
        path = f"admin/users/{session['user']['id']}"
        assert refusal(auth.put(path, token=local_mode.service_key, raw=raw)) == (status, code)
    assert refusal(auth.send("POST", "signup", raw=raw)) == (status, code)
    assert auth.get("user", token=session["access_token"]).json() == session["user"]


@pytest.mark.django_db
def test_a_huge_body_is_refused(auth: AuthClient) -> None:
    raw = b'{"email": "' + b"a" * (project.MAX_BODY_BYTES + 1) + b'"}'
    assert refusal(auth.send("POST", "signup", raw=raw)) == (413, "request_too_large")


@pytest.mark.django_db
@pytest.mark.parametrize("version", [None, "", "yesterday", "2023-12-31"])
def test_clients_without_the_newer_version_get_the_older_form(auth: AuthClient, version: str | None) -> None:
    auth.version = version
    response = auth.post("signup", {"email": EMAIL, "password": "short"})
    assert response.status_code == 422
    assert response.json() == {
        "code": 422,
        "error_code": "weak_password",
        "msg": "Password should be at least 6 characters.",
        "weak_password": {"reasons": ["length"]},
    }
    assert "X-Supabase-Api-Version" not in response


@pytest.mark.django_db
def test_unknown_addresses_and_methods_answer_json(auth: AuthClient) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert refusal(auth.send(method, "factors/verify")) == (404, "not_found")
    assert refusal(auth.get("signup")) == (405, "method_not_allowed")
    assert refusal(auth.send("DELETE", "user")) == (405, "method_not_allowed")


@pytest.mark.django_db
def test_it_says_what_it_offers(auth: AuthClient, local_mode: LocalSecrets) -> None:
    offered = auth.get("settings").json()
    assert offered["external"] == {"anonymous_users": False, "email": True, "phone": False}
    assert (offered["mailer_autoconfirm"], offered["disable_signup"]) == (True, False)
    assert auth.get("health").json()["name"] == "GoTrue"
    keys = auth.get(".well-known/jwks.json")
    assert keys.json() == local_mode.jwks()
    assert keys["Cache-Control"] == "public, max-age=600"
    assert "d" not in keys.json()["keys"][0]


@pytest.mark.django_db
def test_recovering_sends_no_mail_and_says_so_in_the_log_only(
    auth: AuthClient, caplog: pytest.LogCaptureFixture
) -> None:
    auth.sign_up(EMAIL)
    for address in (EMAIL, "nobody@lifestring.example"):
        response = auth.post("recover", {"email": address})
        assert (response.status_code, response.json()) == (200, {})
    assert caplog.text.count("sends no mail") == 2
    assert refusal(auth.post("recover", {})) == (400, "validation_failed")


@pytest.mark.django_db
def test_browsers_may_send_what_supabase_js_sends(auth: AuthClient, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["http://localhost:5173"]
    asked = "apikey,authorization,content-type,x-client-info,x-supabase-api-version"
    response = Client().options(
        "/auth/v1/token?grant_type=password",
        headers={
            "Origin": "http://localhost:5173",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        },
    )
    allowed = {name.strip() for name in response["Access-Control-Allow-Headers"].split(",")}
    assert response["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert set(asked.split(",")) <= allowed


@pytest.mark.django_db
def test_an_absent_database_is_no_reason_to_sign_out(auth: AuthClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(LocalAuth, "refresh", fail)
    assert refusal(auth.refresh("any")) == (503, "unexpected_failure")


@pytest.mark.django_db
def test_a_bug_is_not_hidden(auth: AuthClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(LocalAuth, "refresh", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        auth.refresh("any")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "health"), ("GET", "admin/users")])
def test_outside_of_local_mode_there_is_nothing(method: str, path: str) -> None:
    client = AuthClient()
    response = client.send(method, path, {"email": EMAIL, "password": PASSWORD} if method == "POST" else None)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
