"""Closed by default: the routes without a token are these, and every other asks for one (docs/api.md, Conventions)."""

import pytest
from rest_framework.test import APIClient

from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from lifestring.testing.routes import Route, routes

# `metrics` asks for a secret of its own (lifestring/tests/test_telemetry.py).
OPEN = {
    *("up", "ready", "metrics", "api/schema", "api/live-schema", "api/docs"),
    "api/ai/lifestring-chat-public",
    *(f"api/auth/{name}" for name in ("login", "logout", "recover", "refresh", "register")),
}
# Calendar programs cannot send headers: this one also takes a token of its own in the address, which opens nothing else.
FEED = "api/my/events.ics"
CLOSED = [route for route in routes() if route.pattern not in OPEN]


def test_the_open_routes_are_these_and_no_others():
    assert {route.pattern for route in routes() if route.is_open} == OPEN


def test_every_api_view_asks_who_calls():
    for route in CLOSED:
        expected = ["SupabaseAuthentication", *(["FeedTokenAuthentication"] if route.pattern == FEED else [])]
        assert [cls.__name__ for cls in route.view.cls.authentication_classes] == expected, route
        assert [cls.__name__ for cls in route.view.cls.permission_classes] == ["IsActiveCaller"], route


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_without_a_token_nothing_is_said_not_even_about_methods(anonymous: APIClient, route: Route):
    for method in ("get", "post", "put", "patch", "delete", "head", "options"):
        for url in (route.url(), route.url() + "/"):
            answer = getattr(anonymous, method)(url)
            if method == "head":
                assert answer.status_code == 401
            else:
                assert_error(answer, 401, "not_authenticated")


@pytest.mark.django_db
@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_with_a_token_unknown_ids_are_404_and_never_500(alice: Person, route: Route):
    for method in route.methods:
        answer = getattr(alice.client, method)(route.url(), {} if method != "get" else None)
        # The tests set up no model.
        no_model = answer.status_code == 503 and answer.json()["code"] == "ai_unavailable"
        assert no_model or answer.status_code in {200, 201, 204, 403, 404, 422}, (method, route, answer.content)
        if "<" in route.pattern and method in {"get", "delete"} and answer.status_code != 422:
            assert_error(answer, 404, "not_found")
