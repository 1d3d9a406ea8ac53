"""`/api/auth`, before Supabase Auth and before local mode."""

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.local_auth.models import AuthAccount, AuthSession
from accounts.tests.auth_client import PASSWORD, AuthClient
from accounts.tests.supabase_server import SESSION, Answer, SupabaseServer
from lifestring.local.secrets import LocalSecrets
from lifestring.testing.people import Person, make_token

EMAIL = "alice@lifestring.example"
CREDENTIALS = {"email": EMAIL, "password": PASSWORD}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_register_passes_name_and_credentials_on(supabase: SupabaseServer, anonymous: APIClient) -> None:
    supabase.answers["POST signup"] = Answer(body=SESSION)
    response = anonymous.post("/api/auth/register", {**CREDENTIALS, "name": "Alice", "role": "admin"})
    assert (response.status_code, response.json()) == (201, SESSION)
    assert supabase.requests[0].body == {**CREDENTIALS, "data": {"name": "Alice"}}


def test_register_answers_the_bare_user_where_addresses_must_be_confirmed(
    supabase: SupabaseServer, anonymous: APIClient
) -> None:
    supabase.answers["POST signup"] = Answer(body=SESSION["user"])
    response = anonymous.post("/api/auth/register", {**CREDENTIALS, "name": None})
    assert (response.status_code, response.json()) == (201, SESSION["user"])
    assert supabase.requests[0].body == {**CREDENTIALS, "data": {}}


def test_login_refresh_and_recover_are_passed_on(supabase: SupabaseServer, anonymous: APIClient) -> None:
    supabase.answers["POST token?grant_type=password"] = Answer(body=SESSION)
    supabase.answers["POST token?grant_type=refresh_token"] = Answer(body=SESSION)
    supabase.answers["POST recover"] = Answer(body={})
    assert anonymous.post("/api/auth/login", CREDENTIALS).json() == SESSION
    assert anonymous.post("/api/auth/refresh/", {"refresh_token": "refresh"}).json() == SESSION
    recovered = anonymous.post("/api/auth/recover", {"email": EMAIL})
    assert (recovered.status_code, recovered.json()) == (200, {})
    assert [request.body for request in supabase.requests] == [
        CREDENTIALS,
        {"refresh_token": "refresh"},
        {"email": EMAIL},
    ]


def test_logout_passes_the_callers_own_token_on(supabase: SupabaseServer, anonymous: APIClient) -> None:
    supabase.answers["POST logout?scope=global"] = Answer(204)
    token = make_token(SESSION["user"]["id"])
    response = anonymous.post("/api/auth/logout", headers=bearer(token))
    assert (response.status_code, response.content) == (204, b"")
    assert supabase.requests[0].headers["authorization"] == f"Bearer {token}"


def test_a_session_that_is_over_already_is_signed_out(supabase: SupabaseServer, anonymous: APIClient) -> None:
    over = {"code": "session_not_found", "message": "Session from session_id claim in JWT does not exist"}
    supabase.answers["POST logout?scope=global"] = Answer(403, over)
    assert anonymous.post("/api/auth/logout", headers=bearer(make_token(SESSION["user"]["id"]))).status_code == 204


def test_another_refusal_of_a_logout_is_passed_on(supabase: SupabaseServer, anonymous: APIClient) -> None:
    supabase.answers["POST logout?scope=global"] = Answer(403, {"code": "user_banned", "message": "User is banned"})
    response = anonymous.post("/api/auth/logout", headers=bearer(make_token(SESSION["user"]["id"])))
    assert (response.status_code, response.json()["code"]) == (403, "user_banned")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "not_authenticated"),
        ("Basic YTpi", "not_authenticated"),
        ("Bearer garbage", "token_invalid"),
        (f"Bearer {'expired'}", "token_invalid"),
    ],
)
def test_logout_rejects_what_is_no_token(
    supabase: SupabaseServer, anonymous: APIClient, authorization: str | None, code: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    response = anonymous.post("/api/auth/logout", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert supabase.requests == []


def test_logout_rejects_an_expired_token(supabase: SupabaseServer, anonymous: APIClient) -> None:
    response = anonymous.post("/api/auth/logout", headers=bearer(make_token(SESSION["user"]["id"], exp=1)))
    assert (response.status_code, response.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("register", {"email": EMAIL}, "password"),
        ("register", {"email": "no address", "password": PASSWORD}, "email"),
        ("register", {**CREDENTIALS, "name": "x" * 256}, "name"),
        ("register", {**CREDENTIALS, "name": {"first": "Alice"}}, "name"),
        ("login", {"password": PASSWORD}, "email"),
        ("login", {**CREDENTIALS, "password": "x" * 1001}, "password"),
        ("login", {**CREDENTIALS, "password": "nul\x00"}, "password"),
        ("login", {**CREDENTIALS, "password": ["x"]}, "password"),
        ("refresh", {}, "refresh_token"),
        ("refresh", {"refresh_token": 5.5e300}, "refresh_token"),
        ("recover", {"email": 1}, "email"),
    ],
)
def test_bad_input_goes_no_further(
    supabase: SupabaseServer, anonymous: APIClient, route: str, body: dict[str, Any], field: str
) -> None:
    supabase.answers["POST token?grant_type=refresh_token"] = Answer(
        400, {"code": "refresh_token_not_found", "message": "Invalid Refresh Token: Refresh Token Not Found"}
    )
    response = anonymous.post(f"/api/auth/{route}", body)
    if route == "refresh" and body:
        assert (response.status_code, response.json()["code"]) == (400, "refresh_token_not_found")
        return
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert field in response.json()["errors"]
    assert supabase.requests == []


@pytest.mark.parametrize("route", ["register", "login", "refresh", "recover"])
@pytest.mark.parametrize(("raw", "status"), [(b"{", 400), (b"[]", 422), (b"", 422), (b"[" * 99_999, 422)])
def test_a_bad_body_goes_no_further(
    supabase: SupabaseServer, anonymous: APIClient, route: str, raw: bytes, status: int
) -> None:
    response = anonymous.post(f"/api/auth/{route}", raw, content_type="application/json")
    assert response.status_code == status
    assert set(response.json()) >= {"message", "detail", "code", "request_id"}
    assert supabase.requests == []


def test_a_refusal_keeps_supabases_status_and_code_in_our_shape(supabase: SupabaseServer, anonymous: APIClient) -> None:
    body = {"code": "invalid_credentials", "message": "Invalid login credentials"}
    supabase.answers["POST token?grant_type=password"] = Answer(400, body)
    response = anonymous.post("/api/auth/login", CREDENTIALS)
    assert response.status_code == 400
    answer = response.json()
    assert answer.pop("request_id") == response["X-Request-Id"]
    assert answer == {
        "message": "Invalid login credentials",
        "detail": "Invalid login credentials",
        "code": "invalid_credentials",
    }


def test_a_taken_address_names_its_field(supabase: SupabaseServer, anonymous: APIClient) -> None:
    body = {"code": "user_already_exists", "message": "User already registered"}
    supabase.answers["POST signup"] = Answer(422, body)
    response = anonymous.post("/api/auth/register", CREDENTIALS)
    assert (response.status_code, response.json()["code"]) == (422, "user_already_exists")
    assert response.json()["errors"] == {"email": ["User already registered"]}


def test_a_limit_of_supabase_says_when_to_come_back(supabase: SupabaseServer, anonymous: APIClient) -> None:
    body = {"code": "over_request_rate_limit", "message": "Request rate limit reached"}
    supabase.answers["POST token?grant_type=password"] = Answer(429, body, headers={"Retry-After": "7"})
    response = anonymous.post("/api/auth/login", CREDENTIALS)
    assert (response.status_code, response["Retry-After"]) == (429, "7")


def test_an_outage_is_503_and_no_401(supabase: SupabaseServer, anonymous: APIClient) -> None:
    supabase.answers["POST token?grant_type=refresh_token"] = Answer(500, b"<html>oops</html>")
    response = anonymous.post("/api/auth/refresh", {"refresh_token": "refresh"})
    assert (response.status_code, response.json()["code"]) == (503, "auth_unavailable")
    assert "Retry-After" in response
    assert "oops" not in response.content.decode()


def test_only_post_is_understood(supabase: SupabaseServer, anonymous: APIClient) -> None:
    for route in ("register", "login", "refresh", "logout", "recover"):
        url = reverse(f"auth-{route}")
        assert url == f"/api/auth/{route}"
        response = anonymous.get(url)
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.django_db
def test_a_stale_token_does_not_keep_anybody_from_signing_in(
    supabase: SupabaseServer, charlie: Person, anonymous: APIClient
) -> None:
    supabase.answers["POST token?grant_type=password"] = Answer(body=SESSION)
    headers = bearer(make_token(charlie.user_id, exp=1))
    assert anonymous.post("/api/auth/login", CREDENTIALS, headers=headers).status_code == 200


@pytest.mark.django_db
def test_local_mode_answers_by_itself(local_mode: LocalSecrets, anonymous: APIClient) -> None:
    registered = anonymous.post("/api/auth/register", {**CREDENTIALS, "name": "Alice"})
    assert registered.status_code == 201, registered.content
    assert registered.json()["user"]["user_metadata"]["name"] == "Alice"
    session = anonymous.post("/api/auth/login", CREDENTIALS).json()
    session = anonymous.post("/api/auth/refresh", {"refresh_token": session["refresh_token"]}).json()
    me = anonymous.get("/api/me", headers=bearer(session["access_token"]))
    assert me.json()["data"]["user_id"] == session["user"]["id"]
    assert anonymous.post("/api/auth/recover", {"email": EMAIL}).json() == {}
    for _ in range(2):
        assert anonymous.post("/api/auth/logout", headers=bearer(session["access_token"])).status_code == 204
    assert not AuthSession.objects.exists()


@pytest.mark.django_db
def test_local_mode_refuses_in_our_shape(auth: AuthClient, anonymous: APIClient) -> None:
    auth.sign_up(EMAIL)
    taken = anonymous.post("/api/auth/register", CREDENTIALS)
    assert (taken.status_code, taken.json()["code"]) == (422, "user_already_exists")
    assert taken.json()["errors"] == {"email": ["User already registered"]}
    weak = anonymous.post("/api/auth/register", {"email": "bob@lifestring.example", "password": "short"})
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    wrong = anonymous.post("/api/auth/login", {**CREDENTIALS, "password": "wrong one"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_credentials")
    assert AuthAccount.objects.count() == 1
