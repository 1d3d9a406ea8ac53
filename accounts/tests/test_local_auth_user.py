"""Reading and changing one's own account in local mode."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils import timezone

from accounts.local_auth.models import AuthAccount, AuthSession
from accounts.models import UserProfile
from accounts.tests.auth_client import PASSWORD, AuthClient, refusal
from lifestring.local.secrets import LocalSecrets
from lifestring.testing.people import make_token

EMAIL = "alice@lifestring.example"


@pytest.mark.django_db
def test_it_answers_the_user(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL)
    response = auth.get("user", token=session["access_token"])
    assert response.status_code == 200
    assert response.json() == session["user"]


@pytest.mark.django_db
def test_a_user_row_of_another_making_can_be_read(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL)
    AuthAccount.objects.update(
        email=None, raw_user_meta_data=["odd"], raw_app_meta_data=None, email_confirmed_at=None, created_at=None
    )
    user = auth.get("user", token=session["access_token"]).json()
    assert (user["email"], user["user_metadata"], user["app_metadata"], user["identities"]) == ("", {}, {}, [])
    assert "created_at" not in user


@pytest.mark.django_db
def test_it_rejects_what_is_no_access_token(auth: AuthClient, local_mode: LocalSecrets) -> None:
    token = auth.sign_up(EMAIL)["access_token"]
    assert refusal(auth.get("user")) == (401, "no_authorization")
    for bad in ("garbage", token[:-4] + "AAAA", local_mode.anon_key, local_mode.service_key, "é"):
        assert refusal(auth.get("user", token=bad)) == (403, "bad_jwt"), bad
    expired = auth.get("user", token=make_token(AuthAccount.objects.get().id, exp=1))
    assert refusal(expired) == (403, "bad_jwt")
    assert "expired" in expired.json()["message"]


@pytest.mark.django_db
def test_it_rejects_tokens_without_a_session_of_their_user(auth: AuthClient) -> None:
    alice, charlie = auth.sign_up(EMAIL), auth.sign_up("charlie@lifestring.example")
    charlies = jwt.decode(charlie["access_token"], options={"verify_signature": False})["session_id"]
    for session_id in (None, "no uuid", 7, charlies):
        token = make_token(alice["user"]["id"], session_id=session_id)
        assert refusal(auth.get("user", token=token)) == (403, "session_not_found")
    AuthSession.objects.update(not_after=timezone.now())
    assert refusal(auth.get("user", token=alice["access_token"])) == (403, "session_not_found")


@pytest.mark.django_db
def test_it_rejects_the_deleted_and_the_banned(auth: AuthClient) -> None:
    token = auth.sign_up(EMAIL)["access_token"]
    AuthAccount.objects.update(banned_until=timezone.now() + timedelta(hours=1))
    assert refusal(auth.get("user", token=token)) == (403, "user_banned")
    UserProfile.objects.all().delete()
    AuthAccount.objects.all().delete()
    assert refusal(auth.get("user", token=token)) == (403, "user_not_found")


@pytest.mark.django_db
def test_data_is_merged_and_reaches_token_and_profile(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL, data={"name": "Alice", "shoe": 38})
    response = auth.put("user", {"data": {"name": "Alice B.", "shoe": None}}, token=session["access_token"])
    assert response.status_code == 200
    metadata = response.json()["user_metadata"]
    assert metadata["name"] == "Alice B."
    assert "shoe" not in metadata
    assert UserProfile.objects.get().contact_info["name"] == "Alice B."
    renewed = auth.refresh(session["refresh_token"]).json()["access_token"]
    assert jwt.decode(renewed, options={"verify_signature": False})["user_metadata"] == metadata


@pytest.mark.django_db
def test_metadata_never_outgrows_the_token(auth: AuthClient, local_mode: LocalSecrets) -> None:
    session = auth.sign_up(EMAIL)
    token, path = session["access_token"], f"admin/users/{session['user']['id']}"
    for number in range(9):
        auth.put("user", {"data": {f"key{number}": "x" * 1000}}, token=token)
        auth.put(path, {"app_metadata": {f"key{number}": "é" * 200}}, token=local_mode.service_key)
    refused = auth.put("user", {"data": {"one more": "x" * 1000}}, token=token)
    assert refusal(refused) == (422, "validation_failed")
    largest = auth.refresh(session["refresh_token"]).json()["access_token"]
    assert len(largest) > 10_000
    assert auth.get("user", token=largest).status_code == 200
    assert auth.put("user", {"data": {"key0": None}}, token=largest).status_code == 200


@pytest.mark.django_db
def test_the_address_changes_at_once_and_must_be_free(auth: AuthClient) -> None:
    token = auth.sign_up(EMAIL)["access_token"]
    auth.sign_up("charlie@lifestring.example")
    taken = auth.put("user", {"email": "CHARLIE@lifestring.example"}, token=token)
    assert refusal(taken) == (422, "email_exists")
    changed = auth.put("user", {"email": "New@lifestring.example"}, token=token).json()
    assert changed["email"] == changed["user_metadata"]["email"] == "new@lifestring.example"
    assert auth.sign_in("new@lifestring.example").status_code == 200
    assert auth.sign_in(EMAIL).status_code == 400


@pytest.mark.django_db
def test_a_new_password_ends_the_other_sessions(auth: AuthClient) -> None:
    here, elsewhere = auth.sign_up(EMAIL), auth.sign_in(EMAIL).json()
    assert auth.put("user", {"password": "another passphrase"}, token=here["access_token"]).status_code == 200
    assert auth.get("user", token=here["access_token"]).status_code == 200
    assert refusal(auth.refresh(elsewhere["refresh_token"])) == (400, "refresh_token_not_found")
    assert auth.sign_in(EMAIL).status_code == 400
    assert auth.sign_in(EMAIL, "another passphrase").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"password": PASSWORD}, (422, "same_password")),
        ({"password": "short"}, (422, "weak_password")),
        ({"password": ""}, (422, "weak_password")),
        ({"email": "no address"}, (400, "validation_failed")),
        ({"data": "text"}, (422, "validation_failed")),
        ({"phone": "+15550100"}, (400, "phone_provider_disabled")),
        ({"app_metadata": {"roles": ["super admin"]}}, (403, "not_admin")),
    ],
)
def test_it_rejects_changes(auth: AuthClient, body: dict[str, Any], expected: tuple[int, str]) -> None:
    session = auth.sign_up(EMAIL)
    assert refusal(auth.put("user", body, token=session["access_token"])) == expected
    assert auth.get("user", token=session["access_token"]).json() == session["user"]


@pytest.mark.django_db
def test_nothing_to_change_is_no_error(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL)
    response = auth.put("user", {}, token=session["access_token"])
    assert response.status_code == 200
    assert response.json()["user_metadata"] == session["user"]["user_metadata"]


@pytest.mark.django_db
def test_the_issuer_is_the_configured_one(auth: AuthClient) -> None:
    token = auth.sign_up(EMAIL)["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["iss"] == settings.SUPABASE_JWT_ISSUER
    forged = make_token(AuthAccount.objects.get().id, iss="https://elsewhere.example/auth/v1")
    assert refusal(auth.get("user", token=forged)) == (403, "bad_jwt")
