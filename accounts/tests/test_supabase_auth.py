"""The client for Supabase Auth, against a real server on loopback."""

from typing import Any

import pytest

from accounts.auth_gateway import AuthError, auth_gateway
from accounts.local_auth.gateway import LocalAuth
from accounts.supabase_auth import MAX_ANSWER_BYTES, SupabaseAuth
from accounts.tests.supabase_server import SESSION, Answer, SupabaseServer
from lifestring.errors import DomainError, UnavailableError
from lifestring.local.ports import free_port

SIGN_IN = "POST token?grant_type=password"
USER_ID = SESSION["user"]["id"]


def sign_in() -> dict[str, Any]:
    return auth_gateway().sign_in(email="alice@lifestring.example", password="pw")


def test_it_is_the_gateway_outside_of_local_mode(settings: Any) -> None:
    assert isinstance(auth_gateway(), SupabaseAuth)
    assert auth_gateway() is auth_gateway()
    settings.LOCAL_MODE = True
    assert isinstance(auth_gateway(), LocalAuth)


def test_calls_for_people_carry_the_anon_key(supabase: SupabaseServer) -> None:
    for route in ("POST signup", SIGN_IN, "POST token?grant_type=refresh_token"):
        supabase.answers[route] = Answer(body=SESSION)
    supabase.answers["POST recover"] = Answer(body={})
    supabase.answers["POST logout?scope=local"] = Answer(204)
    auth = auth_gateway()
    credentials = {"email": "alice@lifestring.example", "password": "pw"}
    assert auth.sign_up(**credentials, data={"name": "Alice"}) == SESSION
    assert auth.sign_in(**credentials) == SESSION
    assert auth.refresh(refresh_token="refresh") == SESSION
    auth.recover(email="alice@lifestring.example")
    auth.sign_out(access_token="access", scope="local")
    assert [request.body for request in supabase.requests] == [
        {**credentials, "data": {"name": "Alice"}},
        credentials,
        {"refresh_token": "refresh"},
        {"email": "alice@lifestring.example"},
        None,
    ]
    assert {request.headers["apikey"] for request in supabase.requests} == {"anon key"}
    assert {request.headers["x-supabase-api-version"] for request in supabase.requests} == {"2024-01-01"}
    assert [request.headers.get("authorization") for request in supabase.requests] == [None] * 4 + ["Bearer access"]


def test_calls_about_people_carry_the_service_key(supabase: SupabaseServer) -> None:
    user = SESSION["user"]
    supabase.answers[f"GET admin/users/{USER_ID}"] = Answer(body=user)
    supabase.answers[f"PUT admin/users/{USER_ID}"] = Answer(body={**user, "banned_until": "2030-01-01T00:00:00Z"})
    supabase.answers[f"DELETE admin/users/{USER_ID}"] = Answer(body={})
    auth = auth_gateway()
    assert auth.user(user_id=USER_ID) == user
    assert auth.user_update(user_id=USER_ID, changes={"ban_duration": "24h"})["banned_until"]
    auth.user_delete(user_id=USER_ID)
    assert [request.body for request in supabase.requests] == [
        None,
        {"ban_duration": "24h"},
        {"should_soft_delete": False},
    ]
    for request in supabase.requests:
        assert (request.headers["apikey"], request.headers["authorization"]) == ("service key", "Bearer service key")


def test_an_id_cannot_leave_its_place_in_the_path(supabase: SupabaseServer) -> None:
    with pytest.raises(DomainError):
        auth_gateway().user(user_id="../settings?x=")
    assert supabase.requests[0].path == "admin/users/..%2Fsettings%3Fx%3D"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"code": "invalid_credentials", "message": "Invalid login credentials"}, "invalid_credentials"),
        (422, {"code": 422, "error_code": "email_exists", "msg": "Taken"}, "email_exists"),
        (400, {"error": "invalid_grant", "error_description": "Wrong"}, "auth_refused"),
        (404, {"code": 404}, "auth_refused"),
        (403, {"code": "user_banned", "message": "User is banned"}, "user_banned"),
    ],
)
def test_a_refusal_keeps_status_code_and_sentence(
    supabase: SupabaseServer, status: int, body: dict[str, Any], expected: str
) -> None:
    supabase.answers[SIGN_IN] = Answer(status, body)
    with pytest.raises(AuthError) as raised:
        sign_in()
    assert (raised.value.status, raised.value.code) == (status, expected)
    sentence = body.get("message") or body.get("msg") or body.get("error_description") or "The request was refused."
    assert raised.value.message == sentence


def test_a_weak_password_says_why_and_names_the_field(supabase: SupabaseServer) -> None:
    body = {"code": "weak_password", "message": "Too short.", "weak_password": {"reasons": ["length"]}}
    supabase.answers[SIGN_IN] = Answer(422, body)
    with pytest.raises(AuthError) as raised:
        sign_in()
    assert raised.value.reasons == ["length"]
    assert raised.value.errors == {"password": ["Too short."]}


@pytest.mark.parametrize(("given", "expected"), [("7", "7"), ("", "60"), ("Wed, 21 Oct 2026 07:28:00 GMT", "60")])
def test_a_limit_says_when_to_come_back(supabase: SupabaseServer, given: str, expected: str) -> None:
    body = {"code": "over_request_rate_limit", "message": "Request rate limit reached"}
    supabase.answers[SIGN_IN] = Answer(429, body, headers={"Retry-After": given} if given else {})
    with pytest.raises(AuthError) as raised:
        sign_in()
    assert (raised.value.status, raised.value.headers) == (429, {"Retry-After": expected})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(500, {"code": "unexpected_failure", "message": "x"}), id="500"),
        pytest.param(Answer(502, b"<html>Bad gateway</html>"), id="502"),
        pytest.param(Answer(200, b"<html>Log in to this network</html>"), id="html"),
        pytest.param(Answer(404, b"<html>Not found</html>"), id="html 404"),
        pytest.param(Answer(400, b""), id="empty 400"),
        pytest.param(Answer(200, [SESSION]), id="list"),
        pytest.param(Answer(200, b'{"user": "\\ud800"}'), id="surrogate"),
        pytest.param(Answer(200, b'{"user": "\\u0000"}'), id="nul"),
        pytest.param(Answer(200, b"[" * 50_000), id="deep"),
        pytest.param(Answer(307, b"", headers={"Location": "/elsewhere"}), id="redirect"),
        pytest.param(Answer(401, {"message": "Invalid API key"}), id="our key is refused"),
        pytest.param(Answer(200, b'"' + b"x" * MAX_ANSWER_BYTES + b'"'), id="too large"),
        pytest.param(Answer(200, SESSION, pause=3.0), id="slow"),
        pytest.param(Answer(200, SESSION, pause=0.3, pieces=20), id="drop by drop"),
        pytest.param(Answer(200, SESSION, headers={"Content-Encoding": "gzip"}), id="not what it says"),
    ],
)
def test_anything_else_is_an_outage(supabase: SupabaseServer, answer: Answer) -> None:
    supabase.answers[SIGN_IN] = answer
    with pytest.raises(UnavailableError) as raised:
        sign_in()
    assert (raised.value.status, raised.value.code) == (503, "auth_unavailable")
    assert "Retry-After" in raised.value.headers
    assert len(supabase.requests) == 1


def test_nobody_listening_is_an_outage(supabase: SupabaseServer, settings: Any) -> None:
    settings.SUPABASE_URL = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(UnavailableError):
        sign_in()


def test_an_endless_sentence_is_cut(supabase: SupabaseServer) -> None:
    supabase.answers[SIGN_IN] = Answer(400, {"code": "x", "message": "m" * 10_000})
    with pytest.raises(AuthError) as raised:
        sign_in()
    assert len(raised.value.message) == 500


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_service_key_is_an_outage_and_not_the_callers_fault(supabase: SupabaseServer, status: int) -> None:
    supabase.answers[f"GET admin/users/{USER_ID}"] = Answer(status, {"code": "not_admin", "message": "no"})
    with pytest.raises(UnavailableError):
        auth_gateway().user(user_id=USER_ID)


def test_an_unknown_user_is_told(supabase: SupabaseServer) -> None:
    supabase.answers[f"DELETE admin/users/{USER_ID}"] = Answer(404, {"code": "user_not_found", "message": "none"})
    with pytest.raises(AuthError) as raised:
        auth_gateway().user_delete(user_id=USER_ID)
    assert raised.value.code == "user_not_found"


def test_without_a_service_key_nothing_is_called(supabase: SupabaseServer, settings: Any) -> None:
    settings.SUPABASE_SERVICE_KEY = ""
    with pytest.raises(UnavailableError):
        auth_gateway().user(user_id=USER_ID)
    assert supabase.requests == []
