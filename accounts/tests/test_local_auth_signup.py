"""Signing up in local mode."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import IntegrityError, connection

from accounts.local_auth import passwords
from accounts.local_auth.models import AuthAccount, AuthRefreshToken, AuthSession
from accounts.local_auth.passwords import COST, hash_password
from accounts.local_auth.services import user_sign_up
from accounts.models import UserProfile
from accounts.tests.auth_client import PASSWORD, AuthClient, refusal
from lifestring.local.secrets import LocalSecrets

EMAIL = "alice@lifestring.example"


@pytest.mark.django_db
def test_it_answers_a_session(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL, data={"name": "Alice"})
    assert set(session) == {"access_token", "token_type", "expires_in", "expires_at", "refresh_token", "user"}
    assert (session["token_type"], session["expires_in"]) == ("bearer", 3600)
    user = session["user"]
    assert (user["email"], user["phone"], user["aud"], user["role"]) == (EMAIL, "", "authenticated", "authenticated")
    assert user["user_metadata"] == {
        "name": "Alice",
        "sub": user["id"],
        "email": EMAIL,
        "email_verified": True,
        "phone_verified": False,
    }
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert user["identities"][0]["identity_data"]["sub"] == user["id"]
    assert user["email_confirmed_at"].endswith("Z")
    assert user["is_anonymous"] is False


@pytest.mark.django_db
def test_its_access_token_has_supabases_claims(auth: AuthClient, local_mode: LocalSecrets) -> None:
    session = auth.sign_up(EMAIL, data={"name": "Alice"})
    assert jwt.get_unverified_header(session["access_token"]) == {
        "alg": "ES256",
        "typ": "JWT",
        "kid": local_mode.jwt_kid,
    }
    claims = jwt.decode(
        session["access_token"],
        jwt.PyJWKSet.from_dict(settings.SUPABASE_JWKS).keys[0],
        algorithms=["ES256"],
        audience="authenticated",
        issuer=settings.SUPABASE_JWT_ISSUER,
    )
    started = AuthSession.objects.get()
    assert claims == {
        "iss": settings.SUPABASE_JWT_ISSUER,
        "sub": session["user"]["id"],
        "aud": "authenticated",
        "exp": session["expires_at"],
        "iat": session["expires_at"] - 3600,
        "email": EMAIL,
        "phone": "",
        "app_metadata": session["user"]["app_metadata"],
        "user_metadata": session["user"]["user_metadata"],
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": int(started.created_at.timestamp())}],
        "session_id": str(started.id),
        "is_anonymous": False,
    }


@pytest.mark.django_db
def test_the_token_opens_the_api_and_the_trigger_made_the_profile(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL, data={"name": "Alice"})
    response = auth.client.get("/api/me", headers={"Authorization": f"Bearer {session['access_token']}"})
    assert response.status_code == 200, response.content
    assert response.json()["data"]["user_id"] == session["user"]["id"]
    assert UserProfile.objects.get().contact_info["name"] == "Alice"


@pytest.mark.django_db
def test_the_password_is_kept_as_go_would(auth: AuthClient) -> None:
    auth.sign_up(EMAIL)
    # Supabase Auth's own cost is 10; tests make do with less.
    assert COST == 10
    assert (AuthAccount.objects.get().encrypted_password or "").startswith(f"$2a${passwords.COST:02}$")


@pytest.mark.django_db
def test_the_address_is_kept_in_lower_case(auth: AuthClient) -> None:
    assert auth.sign_up(" Alice@Lifestring.Example ")["user"]["email"] == EMAIL
    assert auth.sign_in("ALICE@lifestring.example").status_code == 200


@pytest.mark.django_db
def test_a_client_cannot_claim_verified_facts(auth: AuthClient) -> None:
    claimed = {"sub": "somebody else", "email": "other@lifestring.example"}
    metadata = auth.sign_up(EMAIL, data=claimed)["user"]["user_metadata"]
    assert metadata["email"] == EMAIL
    assert metadata["sub"] != "somebody else"


@pytest.mark.django_db
def test_it_rejects_an_address_that_is_taken_whatever_its_case(auth: AuthClient) -> None:
    auth.sign_up(EMAIL)
    response = auth.post("signup", {"email": EMAIL.upper(), "password": PASSWORD})
    assert refusal(response) == (422, "user_already_exists")
    assert response.json()["message"] == "User already registered"
    assert AuthAccount.objects.count() == 1


@pytest.mark.django_db
def test_it_rejects_a_short_password_and_says_why(auth: AuthClient) -> None:
    response = auth.post("signup", {"email": EMAIL, "password": "short"})
    assert refusal(response) == (422, "weak_password")
    assert response.json()["weak_password"] == {"reasons": ["length"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"email": EMAIL}, (400, "validation_failed")),
        ({"email": EMAIL, "password": "é" * 37}, (400, "validation_failed")),
        ({"email": "no address", "password": PASSWORD}, (400, "validation_failed")),
        ({"email": "a" * 250 + "@b.example", "password": PASSWORD}, (400, "validation_failed")),
        ({"email": 7, "password": PASSWORD}, (400, "validation_failed")),
        ({"email": EMAIL, "password": ["x"]}, (400, "validation_failed")),
        ({"email": EMAIL, "password": PASSWORD, "data": [1]}, (422, "validation_failed")),
        ({"email": EMAIL, "password": PASSWORD, "data": {"big": "x" * 9000}}, (422, "validation_failed")),
        ({"phone": "+15550100", "password": PASSWORD}, (400, "phone_provider_disabled")),
        ({}, (422, "anonymous_provider_disabled")),
        ({"data": {"name": "Nobody"}}, (422, "anonymous_provider_disabled")),
    ],
)
def test_it_rejects(auth: AuthClient, body: dict[str, Any], expected: tuple[int, str]) -> None:
    assert refusal(auth.post("signup", body)) == expected
    assert not AuthAccount.objects.exists()


@pytest.mark.django_db
def test_passwords_of_72_bytes_work_in_full(auth: AuthClient) -> None:
    password = "é" * 35 + "ab"
    auth.sign_up(EMAIL, password)
    assert auth.sign_in(EMAIL, password).status_code == 200
    assert auth.sign_in(EMAIL, password[:-1] + "c").status_code == 400
    assert auth.sign_in(EMAIL, password + "more").status_code == 400


@pytest.mark.django_db
def test_another_constraint_is_not_taken_for_a_taken_address(local_mode: LocalSecrets) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auth.users ADD CONSTRAINT nobody CHECK (email IS NULL)")
    with pytest.raises(IntegrityError, match="nobody"):
        user_sign_up(email=EMAIL, password_hash="hash", data={})


@pytest.mark.django_db
def test_rows_show_no_secret_in_logs(auth: AuthClient) -> None:
    session = auth.sign_up(EMAIL)
    account, started, link = AuthAccount.objects.get(), AuthSession.objects.get(), AuthRefreshToken.objects.get()
    assert (str(account), str(started)) == (EMAIL, str(started.id))
    assert session["refresh_token"] == link.token
    assert session["refresh_token"] not in f"{link} {link!r}"


@pytest.mark.django_db(transaction=True)
def test_of_two_sign_ups_at_once_one_gets_the_address(local_mode: LocalSecrets) -> None:
    password_hash = hash_password(PASSWORD)
    together = Barrier(4)

    def sign_up() -> str:
        together.wait(timeout=10)
        try:
            user_sign_up(email=EMAIL, password_hash=password_hash, data={})
        except Exception as error:
            return str(getattr(error, "code", error))
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(4) as threads:
        outcomes = sorted(future.result(timeout=20) for future in [threads.submit(sign_up) for _ in range(4)])
    assert outcomes == ["ok", *["user_already_exists"] * 3]
    assert AuthAccount.objects.count() == AuthSession.objects.count() == 1
