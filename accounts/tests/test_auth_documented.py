"""What the OpenAPI document says of `/api/auth` is what local mode and Supabase Auth answer through it."""

import uuid

import pytest
from rest_framework.test import APIClient

from accounts.auth_openapi import SESSION
from accounts.tests.auth_client import PASSWORD
from accounts.tests.supabase_server import Answer, SupabaseServer
from lifestring.local.secrets import LocalSecrets
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import make_token

pytestmark = pytest.mark.django_db

CREDENTIALS = {"email": "alice@lifestring.example", "password": PASSWORD}


def posted(client: APIClient, route: str, body: object, status: int, **headers: str):
    answer = client.post(f"/api/auth/{route}", body, headers=headers)
    assert answer.status_code == status, answer.content
    assert_documented(answer)
    return answer


def test_local_mode_answers_a_session_from_sign_up_to_sign_out_as_documented(
    local_mode: LocalSecrets, anonymous: APIClient
):
    posted(anonymous, "register", {**CREDENTIALS, "name": "Alice"}, 201)
    session = posted(anonymous, "login", CREDENTIALS, 200).json()
    renewed = posted(anonymous, "refresh", {"refresh_token": session["refresh_token"]}, 200).json()
    posted(anonymous, "recover", {"email": CREDENTIALS["email"]}, 200)
    posted(anonymous, "logout", None, 204, Authorization=f"Bearer {renewed['access_token']}")


def test_local_mode_refuses_as_documented(local_mode: LocalSecrets, anonymous: APIClient):
    posted(anonymous, "register", CREDENTIALS, 201)

    assert posted(anonymous, "register", CREDENTIALS, 422).json()["code"] == "user_already_exists"
    weak = {"email": "bob@lifestring.example", "password": "1"}
    assert posted(anonymous, "register", weak, 422).json()["code"] == "weak_password"
    assert posted(anonymous, "login", {**CREDENTIALS, "password": "wrong"}, 400).json()["code"] == "invalid_credentials"
    posted(anonymous, "refresh", {"refresh_token": "unknown"}, 400)
    assert "email" in posted(anonymous, "recover", {"email": "nobody"}, 422).json()["errors"]
    for headers in ({}, {"Authorization": "Bearer garbage"}):
        posted(anonymous, "logout", None, 401, **headers)


@pytest.mark.parametrize("body", [SESSION, SESSION["user"]])
def test_supabase_answers_a_sign_up_as_documented(supabase: SupabaseServer, anonymous: APIClient, body):
    supabase.answers["POST signup"] = Answer(body={**body, "added_since": True})

    assert posted(anonymous, "register", CREDENTIALS, 201).json()["added_since"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "email_provider_disabled"),
        (403, "user_banned"),
        (404, "session_not_found"),
        (409, "conflict"),
        (422, "signup_disabled"),
        (429, "over_request_rate_limit"),
    ],
)
def test_supabases_refusals_are_documented_whatever_their_status(
    supabase: SupabaseServer, anonymous: APIClient, status: int, code: str
):
    for call in ("POST signup", "POST token?grant_type=password", "POST recover"):
        supabase.answers[call] = Answer(status, {"code": code, "message": "No."})
    supabase.answers["POST logout?scope=global"] = Answer(status, {"code": "conflict", "message": "No."})

    for route in ("register", "login", "recover"):
        assert posted(anonymous, route, CREDENTIALS, status).json()["code"] == code
    token = make_token(uuid.uuid4())
    posted(anonymous, "logout", None, status, Authorization=f"Bearer {token}")
