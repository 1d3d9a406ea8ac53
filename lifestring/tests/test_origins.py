"""Whose pages may call: exactly those of the list, and none with cookies (docs/configuration.md, Browsers and proxies)."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from lifestring.testing.origins import FOREIGN_ORIGINS, ORIGIN
from lifestring.testing.people import Person

ALLOW = "Access-Control-Allow-"


@pytest.fixture(autouse=True)
def one_origin(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]


def preflight(client: APIClient, origin: str) -> Any:
    return client.options("/api/me", headers={"origin": origin, "access-control-request-method": "PUT"})


@pytest.mark.django_db
def test_a_page_of_the_list_may_call_and_no_other(alice: Person):
    for answer in (preflight(alice.client, ORIGIN), alice.client.get("/api/me", headers={"origin": ORIGIN})):
        assert answer[f"{ALLOW}Origin"] == ORIGIN
        assert "origin" in answer["Vary"].lower()
    for origin in FOREIGN_ORIGINS:
        for answer in (preflight(alice.client, origin), alice.client.get("/api/me", headers={"origin": origin})):
            assert not [name for name in answer.headers if name.startswith(ALLOW)], origin


@pytest.mark.parametrize(
    "url", ["/api/nope", "/up", "/admin/login/", "/api/auth/login", "/metrics", "/api/my/events.ics"]
)
@pytest.mark.django_db
def test_no_answer_lets_a_page_send_cookies(anonymous: APIClient, url: str):
    answer = anonymous.get(url, headers={"origin": ORIGIN})
    assert f"{ALLOW}Credentials" not in answer.headers
    assert answer.headers.get(f"{ALLOW}Origin", ORIGIN) == ORIGIN


def test_where_no_page_is_named_none_may_call(anonymous: APIClient, settings: Any):
    settings.CORS_ALLOWED_ORIGINS = []
    assert f"{ALLOW}Origin" not in preflight(anonymous, ORIGIN).headers
    assert not settings.CORS_ALLOWED_ORIGIN_REGEXES, "that is for local mode"
