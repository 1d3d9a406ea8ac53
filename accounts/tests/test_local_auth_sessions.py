"""Signing in, refreshing and signing out in local mode."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.utils import timezone

from accounts.auth_gateway import AuthError
from accounts.local_auth import services
from accounts.local_auth.models import AuthAccount, AuthRefreshToken, AuthSession
from accounts.local_auth.passwords import hash_password
from accounts.local_auth.services import session_refresh, user_sign_up
from accounts.tests.auth_client import PASSWORD, AuthClient, refusal
from lifestring.local.secrets import LocalSecrets

EMAIL = "alice@lifestring.example"


def exchanged_long_ago() -> None:
    """Put every exchange so far beyond the reuse interval."""
    AuthRefreshToken.objects.filter(revoked=True).update(updated_at=timezone.now() - timedelta(seconds=11))


@pytest.mark.django_db
def test_signing_in_starts_another_session(auth: AuthClient) -> None:
    first = auth.sign_up(EMAIL)
    response = auth.sign_in(EMAIL)
    assert response.status_code == 200
    assert response.json()["user"]["id"] == first["user"]["id"]
    assert response.json()["refresh_token"] != first["refresh_token"]
    assert response.json()["user"]["last_sign_in_at"] > first["user"]["last_sign_in_at"]
    assert AuthSession.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("email", "password"), [(EMAIL, "a wrong one"), ("nobody@lifestring.example", PASSWORD)])
def test_it_rejects_a_wrong_password_and_an_unknown_address_alike(auth: AuthClient, email: str, password: str) -> None:
    auth.sign_up(EMAIL)
    response = auth.sign_in(email, password)
    assert refusal(response) == (400, "invalid_credentials")
    assert response.json()["message"] == "Invalid login credentials"


@pytest.mark.django_db
@pytest.mark.parametrize("stored", [None, "", "no hash at all"])
def test_it_rejects_an_account_without_a_usable_password(auth: AuthClient, stored: str | None) -> None:
    auth.sign_up(EMAIL)
    AuthAccount.objects.update(encrypted_password=stored)
    assert refusal(auth.sign_in(EMAIL, "nobody has this password")) == (400, "invalid_credentials")


@pytest.mark.django_db
def test_it_rejects_the_banned_and_the_unconfirmed(auth: AuthClient) -> None:
    auth.sign_up(EMAIL)
    AuthAccount.objects.update(banned_until=timezone.now() + timedelta(hours=1))
    assert refusal(auth.sign_in(EMAIL)) == (400, "user_banned")
    AuthAccount.objects.update(banned_until=timezone.now() - timedelta(hours=1), email_confirmed_at=None)
    assert refusal(auth.sign_in(EMAIL)) == (400, "email_not_confirmed")


@pytest.mark.django_db
def test_a_password_that_changed_meanwhile_starts_no_session(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL)
    with pytest.raises(AuthError, match="Invalid login credentials"):
        services.session_start(user_id=session["user"]["id"], password_hash=hash_password(PASSWORD))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("token?grant_type=password", {"password": PASSWORD}, (400, "validation_failed")),
        ("token?grant_type=password", {"email": EMAIL}, (400, "invalid_credentials")),
        ("token?grant_type=password", {"phone": "+15550100", "password": "x"}, (400, "phone_provider_disabled")),
        ("token?grant_type=refresh_token", {}, (400, "validation_failed")),
        ("token?grant_type=refresh_token", {"refresh_token": 5}, (400, "validation_failed")),
        ("token?grant_type=refresh_token", {"refresh_token": "unknown"}, (400, "refresh_token_not_found")),
        ("token?grant_type=refresh_token", {"refresh_token": "x" * 5000}, (400, "refresh_token_not_found")),
        ("token?grant_type=id_token", {"id_token": "x"}, (400, "invalid_credentials")),
        ("token", {}, (400, "invalid_credentials")),
    ],
)
def test_it_rejects(auth: AuthClient, path: str, body: dict[str, Any], expected: tuple[int, str]) -> None:
    assert refusal(auth.post(path, body)) == expected


@pytest.mark.django_db
def test_a_refresh_rotates_the_token_within_the_session(auth: AuthClient) -> None:
    first = auth.sign_up(EMAIL)
    second = auth.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["user"]["id"] == first["user"]["id"]
    assert AuthSession.objects.count() == 1
    assert auth.get("user", token=second["access_token"]).status_code == 200


@pytest.mark.django_db
def test_a_lost_answer_is_given_again_at_any_time(auth: AuthClient) -> None:
    first = auth.sign_up(EMAIL)["refresh_token"]
    second = auth.refresh(first).json()["refresh_token"]
    exchanged_long_ago()
    assert auth.refresh(first).json()["refresh_token"] == second


@pytest.mark.django_db
def test_an_older_token_leads_to_the_current_one_within_the_reuse_interval(auth: AuthClient) -> None:
    first = auth.sign_up(EMAIL)["refresh_token"]
    third = auth.refresh(auth.refresh(first).json()["refresh_token"]).json()["refresh_token"]
    assert auth.refresh(first).json()["refresh_token"] == third


@pytest.mark.django_db
def test_a_copied_token_ends_the_session(auth: AuthClient) -> None:
    first = auth.sign_up(EMAIL)
    third = auth.refresh(auth.refresh(first["refresh_token"]).json()["refresh_token"]).json()
    elsewhere = auth.sign_in(EMAIL).json()
    exchanged_long_ago()
    assert refusal(auth.refresh(first["refresh_token"])) == (400, "refresh_token_already_used")
    assert refusal(auth.refresh(third["refresh_token"])) == (400, "refresh_token_not_found")
    assert refusal(auth.get("user", token=third["access_token"])) == (403, "session_not_found")
    assert auth.get("user", token=elsewhere["access_token"]).status_code == 200


@pytest.mark.django_db
def test_it_refreshes_no_banned_user_and_no_expired_session(auth: AuthClient) -> None:
    token = auth.sign_up(EMAIL)["refresh_token"]
    AuthAccount.objects.update(banned_until=timezone.now() + timedelta(hours=1))
    assert refusal(auth.refresh(token)) == (400, "user_banned")
    AuthAccount.objects.update(banned_until=None)
    AuthSession.objects.update(not_after=timezone.now())
    assert refusal(auth.refresh(token)) == (400, "session_expired")


@pytest.mark.django_db(transaction=True)
def test_refreshes_at_once_agree_on_one_next_token(local_mode: LocalSecrets) -> None:
    given = user_sign_up(email=EMAIL, password_hash=hash_password(PASSWORD), data={}).refresh_token
    together = Barrier(6)

    def refresh() -> str:
        together.wait(timeout=10)
        try:
            return session_refresh(refresh_token=given).refresh_token
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        tokens = {future.result(timeout=20) for future in [threads.submit(refresh) for _ in range(6)]}
    assert len(tokens) == 1
    assert given not in tokens
    assert AuthRefreshToken.objects.exclude(revoked=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_waits_for_a_sign_out_finds_nothing(local_mode: LocalSecrets) -> None:
    grant = user_sign_up(email=EMAIL, password_hash=hash_password(PASSWORD), data={})
    looked_up, signed_out = Barrier(2), Barrier(2)
    lock = services.sessions._lock_session

    def slow_lock(refresh_token: str) -> AuthSession | None:
        looked_up.wait(timeout=10)
        signed_out.wait(timeout=10)
        return lock(refresh_token)

    def refresh() -> str:
        try:
            with patch.object(services.sessions, "_lock_session", slow_lock):
                session_refresh(refresh_token=grant.refresh_token)
        except AuthError as error:
            return str(error.code)
        finally:
            connection.close()
        return "refreshed"

    with ThreadPoolExecutor(1) as thread:
        outcome = thread.submit(refresh)
        looked_up.wait(timeout=10)
        AuthSession.objects.all().delete()
        signed_out.wait(timeout=10)
        assert outcome.result(timeout=20) == "refresh_token_not_found"
    assert not AuthRefreshToken.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scope", "mine", "other"), [("", 403, 403), ("?scope=global", 403, 403), ("?scope=local", 403, 200)]
)
def test_signing_out_ends_sessions_at_once(auth: AuthClient, scope: str, mine: int, other: int) -> None:
    here, elsewhere = auth.sign_up(EMAIL), auth.sign_in(EMAIL).json()
    response = auth.post(f"logout{scope}", token=here["access_token"])
    assert (response.status_code, response.content) == (204, b"")
    assert auth.get("user", token=here["access_token"]).status_code == mine
    assert refusal(auth.refresh(here["refresh_token"])) == (400, "refresh_token_not_found")
    assert auth.get("user", token=elsewhere["access_token"]).status_code == other


@pytest.mark.django_db
def test_signing_out_elsewhere_keeps_this_session(auth: AuthClient) -> None:
    here, elsewhere = auth.sign_up(EMAIL), auth.sign_in(EMAIL).json()
    assert auth.post("logout?scope=others", token=here["access_token"]).status_code == 204
    assert auth.get("user", token=here["access_token"]).status_code == 200
    assert refusal(auth.get("user", token=elsewhere["access_token"])) == (403, "session_not_found")


@pytest.mark.django_db
def test_signing_out_touches_nobody_else(auth: AuthClient) -> None:
    alice, charlie = auth.sign_up(EMAIL), auth.sign_up("charlie@lifestring.example")
    auth.post("logout", token=charlie["access_token"])
    assert auth.get("user", token=alice["access_token"]).status_code == 200


@pytest.mark.django_db
def test_it_rejects_an_unknown_scope_and_a_second_sign_out(auth: AuthClient) -> None:
    token = auth.sign_up(EMAIL)["access_token"]
    assert refusal(auth.post("logout?scope=everything", token=token)) == (400, "validation_failed")
    auth.post("logout", token=token)
    assert refusal(auth.post("logout", token=token)) == (403, "session_not_found")
    assert refusal(auth.post("logout")) == (401, "no_authorization")
