"""The admin user calls of local mode."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.local_auth.models import AuthAccount
from accounts.models import UserProfile
from accounts.tests.auth_client import PASSWORD, AuthClient, refusal
from lifestring.local.secrets import LocalSecrets, api_key

EMAIL = "alice@lifestring.example"


@pytest.fixture
def key(local_mode: LocalSecrets) -> str:
    """The service key."""
    return local_mode.service_key


@pytest.mark.django_db
def test_it_creates_reads_and_deletes_a_user(auth: AuthClient, key: str) -> None:
    body = {
        "email": EMAIL.upper(),
        "password": PASSWORD,
        "email_confirm": True,
        "user_metadata": {"name": "Alice"},
        "app_metadata": {"team": "red"},
    }
    created = auth.post("admin/users", body, token=key)
    assert created.status_code == 200
    user = created.json()
    assert (user["email"], user["user_metadata"]["name"], user["app_metadata"]["team"]) == (EMAIL, "Alice", "red")
    assert UserProfile.objects.get().contact_info["name"] == "Alice"
    assert auth.get(f"admin/users/{user['id']}", token=key).json() == user
    assert auth.sign_in(EMAIL).status_code == 200
    UserProfile.objects.all().delete()
    deleted = auth.send("DELETE", f"admin/users/{user['id']}", {"should_soft_delete": False}, token=key)
    assert (deleted.status_code, deleted.json()) == (200, {})
    assert not AuthAccount.objects.exists()


@pytest.mark.django_db
def test_a_user_without_password_or_confirmation_cannot_sign_in(auth: AuthClient, key: str) -> None:
    auth.post("admin/users", {"email": EMAIL}, token=key)
    assert refusal(auth.sign_in(EMAIL, "")) == (400, "invalid_credentials")
    auth.post("admin/users", {"email": "bob@lifestring.example", "password": PASSWORD}, token=key)
    assert refusal(auth.sign_in("bob@lifestring.example")) == (400, "email_not_confirmed")


@pytest.mark.django_db
def test_a_new_password_ends_all_sessions(auth: AuthClient, key: str) -> None:
    session = auth.sign_up(EMAIL)
    path = f"admin/users/{session['user']['id']}"
    changes = {"password": "another passphrase", "email": "new@lifestring.example", "app_metadata": {"provider": None}}
    changed = auth.put(path, {**changes, "email_confirm": True, "user_metadata": {"name": "Al"}}, token=key).json()
    assert (changed["email"], changed["user_metadata"]["name"]) == ("new@lifestring.example", "Al")
    assert "provider" not in changed["app_metadata"]
    assert refusal(auth.get("user", token=session["access_token"])) == (403, "session_not_found")
    assert auth.sign_in("new@lifestring.example", "another passphrase").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("duration", "hours"), [("24h", 24), ("1h30m", 1.5), ("876000h", 876000), ("90m0.5s", 1.5 + 0.5 / 3600)]
)
def test_a_ban_lasts_as_long_as_it_says(auth: AuthClient, key: str, duration: str, hours: float) -> None:
    session = auth.sign_up(EMAIL)
    path = f"admin/users/{session['user']['id']}"
    banned = auth.put(path, {"ban_duration": duration}, token=key).json()
    until = datetime.fromisoformat(banned["banned_until"])
    assert abs(until - timezone.now() - timedelta(hours=hours)) < timedelta(seconds=30)
    assert refusal(auth.sign_in(EMAIL)) == (400, "user_banned")
    assert "banned_until" not in auth.put(path, {"ban_duration": "none"}, token=key).json()
    assert auth.sign_in(EMAIL).status_code == 200


@pytest.mark.django_db
def test_an_unconfirmed_user_is_confirmed_once(auth: AuthClient, key: str) -> None:
    user = auth.post("admin/users", {"email": EMAIL, "password": PASSWORD}, token=key).json()
    assert "email_confirmed_at" not in user
    first = auth.put(f"admin/users/{user['id']}", {"email_confirm": True}, token=key).json()["email_confirmed_at"]
    again = auth.put(f"admin/users/{user['id']}", {"email_confirm": True}, token=key).json()["email_confirmed_at"]
    assert first == again


@pytest.mark.django_db
def test_users_are_listed_in_pages_newest_first(auth: AuthClient, key: str) -> None:
    for name in ("alice", "bob", "charlie"):
        auth.sign_up(f"{name}@lifestring.example")
    first = auth.get("admin/users?per_page=2", token=key)
    assert [user["email"].split("@")[0] for user in first.json()["users"]] == ["charlie", "bob"]
    assert (first["X-Total-Count"], first.json()["aud"]) == ("3", "authenticated")
    assert 'page=2>; rel="next"' in first["Link"]
    assert 'page=2>; rel="last"' in first["Link"]
    second = auth.get("admin/users?per_page=2&page=2", token=key)
    assert [user["email"].split("@")[0] for user in second.json()["users"]] == ["alice"]
    assert "next" not in second["Link"]


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "per_page=1e3", "page=²", "page=" + "9" * 20])
def test_it_rejects_page_numbers_that_are_none(auth: AuthClient, key: str, query: str) -> None:
    assert refusal(auth.get(f"admin/users?{query}", token=key)) == (400, "validation_failed")


@pytest.mark.django_db
def test_a_page_beyond_the_last_is_empty(auth: AuthClient, key: str) -> None:
    assert auth.get("admin/users?page=999999999&per_page=999999999", token=key).json()["users"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"email": "taken@lifestring.example"}, (422, "email_exists")),
        ({"email": "no address"}, (400, "validation_failed")),
        ({"password": "short"}, (422, "weak_password")),
        ({"phone": "+15550100"}, (400, "phone_provider_disabled")),
        ({"email_confirm": "yes"}, (400, "validation_failed")),
        ({"user_metadata": 5}, (422, "validation_failed")),
        ({"ban_duration": "a while"}, (400, "validation_failed")),
        ({"ban_duration": "-1h"}, (400, "validation_failed")),
        ({"ban_duration": "99999999999h"}, (400, "validation_failed")),
        ({"ban_duration": "1e9h"}, (400, "validation_failed")),
    ],
)
def test_it_rejects_changes(auth: AuthClient, key: str, body: dict[str, Any], expected: tuple[int, str]) -> None:
    auth.sign_up("taken@lifestring.example")
    user = auth.sign_up(EMAIL)["user"]
    assert refusal(auth.put(f"admin/users/{user['id']}", body, token=key)) == expected
    assert auth.get(f"admin/users/{user['id']}", token=key).json() == user


@pytest.mark.django_db
def test_it_rejects_users_that_are_none(auth: AuthClient, key: str) -> None:
    auth.sign_up(EMAIL)
    assert refusal(auth.post("admin/users", {"email": EMAIL}, token=key)) == (422, "email_exists")
    assert refusal(auth.post("admin/users", {"password": PASSWORD}, token=key)) == (400, "validation_failed")
    for method in ("GET", "PUT", "DELETE"):
        unknown = auth.send(method, f"admin/users/{uuid.uuid4()}", {} if method == "PUT" else None, token=key)
        assert refusal(unknown) == (404, "user_not_found")
        assert refusal(auth.send(method, "admin/users/no-uuid", token=key)) == (404, "validation_failed")


@pytest.mark.django_db
def test_it_deletes_nobody_who_still_has_rows_and_nobody_softly(auth: AuthClient, key: str) -> None:
    user = auth.sign_up(EMAIL)["user"]
    path = f"admin/users/{user['id']}"
    assert refusal(auth.send("DELETE", path, token=key)) == (409, "conflict")
    assert refusal(auth.send("DELETE", path, {"should_soft_delete": True}, token=key)) == (422, "validation_failed")
    assert auth.get(path, token=key).json() == user


@pytest.mark.django_db
def test_only_the_service_key_opens_it(auth: AuthClient, local_mode: LocalSecrets) -> None:
    session = auth.sign_up(EMAIL)
    user_path = f"admin/users/{session['user']['id']}"
    routes = [("GET", "admin/users"), ("POST", "admin/users")]
    routes += [(method, user_path) for method in ("GET", "PUT", "DELETE")]
    forged = api_key("service_role", "x" * 40, 1_700_000_000)
    expired = api_key("service_role", local_mode.jwt_secret, 1)
    for method, path in routes:
        assert refusal(auth.send(method, path)) == (401, "no_authorization")
        for token in (session["access_token"], local_mode.anon_key):
            assert refusal(auth.send(method, path, token=token)) == (403, "not_admin")
        for token in (forged, expired, "garbage"):
            assert refusal(auth.send(method, path, token=token)) == (403, "bad_jwt")
    assert AuthAccount.objects.count() == 1
