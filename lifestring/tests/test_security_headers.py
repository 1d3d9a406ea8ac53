"""What browsers are told with every kind of answer, whoever made it (docs/threats.md, Browsers)."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from accounts.models import StaffUser
from lifestring.later import EventStream, LaterResponse
from lifestring.middleware import ADMIN_POLICY
from lifestring.openapi.views import _POLICY as DOCS_POLICY
from lifestring.rest_handler import RestHandler
from lifestring.security_headers import DATA_POLICY, security_headers
from lifestring.testing import asgi
from lifestring.testing.people import Person, make_token

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]
handler400 = "lifestring.error_rendering.bad_request"
handler403 = "lifestring.error_rendering.forbidden"
handler404 = "lifestring.error_rendering.not_found"
handler500 = "lifestring.error_rendering.server_error"

LIMIT = 1_000
METRICS_TOKEN = "a-token-of-the-scraper-0123456789"
ORIGIN = "https://app.example"


def failing(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a bug")


def stream(request: HttpRequest) -> EventStream:
    async def events() -> AsyncGenerator[dict[str, str]]:
        yield {"type": "done"}

    return EventStream(events())


def later(request: HttpRequest) -> LaterResponse:
    async def make() -> dict[str, str]:
        await asyncio.sleep(0)
        return {}

    return LaterResponse(make)


urlpatterns = [
    path("failing", failing),
    path("stream", stream),
    path("later", later),
    path("", include("lifestring.urls")),
]


@pytest.fixture
def app(settings: Any) -> Iterator[RestHandler]:
    settings.METRICS_TOKEN = METRICS_TOKEN
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    handler = RestHandler(threads=1, max_body_bytes=LIMIT)
    yield handler
    for threads in (handler.workers, handler.probes, handler.streams):
        threads.shutdown()


def test_every_kind_of_answer_has_them_once(app: RestHandler, alice: Person):
    token = ("Authorization", f"Bearer {make_token(alice.user_id)}")
    feed = alice.client.post("/api/my/events.ics/token").json()["data"]["token"]
    tag = asgi.call(app, "GET", "/api/me", headers=[token]).headers["ETag"]
    preflight = [("Origin", ORIGIN), ("Access-Control-Request-Method", "PUT")]
    kinds: list[tuple[str, str, int, dict[str, Any]]] = [
        ("GET", "/up", 200, {}),
        ("GET", "/ready", 200, {}),
        ("GET", "/metrics", 200, {"headers": [("Authorization", f"Bearer {METRICS_TOKEN}")]}),
        ("GET", "/api/me", 200, {"headers": [token]}),
        ("HEAD", "/api/me", 200, {"headers": [token]}),
        ("GET", "/api/me", 304, {"headers": [token, ("If-None-Match", tag)]}),
        ("POST", "/api/strings", 201, {"headers": [token], "body": b'{"content_text": "x"}'}),
        ("DELETE", "/api/my/events.ics/token", 204, {"headers": [token]}),
        ("OPTIONS", "/api/strings", 200, {"headers": preflight}),
        ("GET", "/api/me", 401, {}),
        ("POST", "/api/strings", 400, {"headers": [token], "body": b"{"}),
        ("GET", "/nope", 404, {}),
        ("PUT", "/up", 405, {}),
        ("POST", "/api/strings", 413, {"body": b"x" * (LIMIT + 1)}),
        ("POST", "/api/strings", 422, {"headers": [token], "body": b"{}"}),
        ("GET", "/failing", 500, {}),
        ("GET", "/stream", 200, {}),
        ("GET", "/later", 200, {}),
        ("GET", "/api/me/export", 200, {"headers": [token]}),
        ("GET", "/api/my/events.ics", 401, {"query": f"token={feed}".encode()}),
        ("GET", "/api/my/events.ics", 200, {"headers": [token]}),
        ("GET", "/api/schema", 200, {}),
        ("GET", "/api/docs", 200, {}),
        ("GET", "/static/lifestring/docs.js", 200, {}),
        ("GET", "/admin/login/", 200, {}),
        ("GET", "/admin/", 302, {}),
        ("GET", "/admin/nope", 302, {}),
    ]
    own = {"/api/docs": DOCS_POLICY.encode(), **dict.fromkeys(("/admin/login/", "/admin/", "/admin/nope"), ADMIN_POLICY.encode())}  # fmt: skip
    expected = dict(security_headers())
    assert expected[b"strict-transport-security"] == b"max-age=31536000"
    assert expected[b"content-security-policy"] == DATA_POLICY
    for method, url, status, wanted in kinds:
        answer = asgi.call(app, method, url, **wanted)
        assert answer.status_code == status, (method, url, answer.content)
        names = [name for name, _ in answer.raw_headers]
        found = dict(answer.raw_headers)
        assert {name: found.get(name) for name in expected} == {
            **expected,
            b"content-security-policy": own.get(url, DATA_POLICY),
        }, (method, url)
        assert len(names) == len(set(names) | {b"set-cookie"}) - (b"set-cookie" not in names), (method, url, names)
        assert not {b"server", b"x-powered-by"} & set(names), (method, url)


def test_without_tls_on_ones_own_machine_nothing_is_said_of_it(settings: Any):
    settings.SECURE_HSTS_SECONDS = 0
    assert b"strict-transport-security" not in dict(security_headers())


def test_cookies_are_the_admins_alone_and_no_script_or_foreign_page_has_them():
    StaffUser.objects.create_superuser("operator@lifestring.example", "a good password")
    client = Client()
    client.get("/admin/login/")
    client.post("/admin/login/", {"username": "operator@lifestring.example", "password": "a good password"})
    assert set(client.cookies) == {"sessionid", "csrftoken"}
    for cookie in client.cookies.values():
        flags = (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"])
        assert flags == (True, True, "Lax", "/admin/", ""), cookie
    assert client.cookies["sessionid"]["max-age"] == 12 * 3600
