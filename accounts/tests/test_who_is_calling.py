"""From the Authorization header to the caller (docs/api.md, Conventions and Who may what)."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient

from accounts.models import AuthUser, Suspension, UserProfile
from lifestring.rest_handler import RestHandler
from lifestring.testing import asgi
from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, block, client_for, make_person, make_token
from strings.models import String

pytestmark = pytest.mark.django_db

OPEN_ROUTES = {"auth-register", "auth-login", "auth-refresh", "auth-logout", "auth-recover", "schema", "docs"}
JSON_COLUMNS = ("contact_info", "social_links", "attributes", "biography", "meta")


def _patterns(found: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for item in found:
        route = before + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _patterns(item.url_patterns, route)
        else:
            yield route, item


def api_operations() -> list[tuple[str, str, str, Any]]:
    """Every (method, path, route name, view class) of the API, with an id that nothing has in the path."""
    found = []
    for route, pattern in _patterns(get_resolver().url_patterns):
        if route.startswith("api/"):
            view: Any = pattern.callback
            path = "/" + re.sub(r"<\w+:\w+>", str(uuid.UUID(int=404)), route)
            methods = getattr(view, "actions", None) or {"get": "get"}
            found += [(method, path, str(pattern.name), view.cls) for method in methods if method != "head"]
    return found


def answer_to(header: str | None, path: str = "/api/me") -> Any:
    client = APIClient()
    if header is not None:
        client.credentials(HTTP_AUTHORIZATION=header)
    return client.get(path)


class TestTheHeader:
    @pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "bEaReR {}", "Bearer  {}", "Bearer {} "])
    def test_signs_in_however_its_scheme_is_spelled(self, alice: Person, form: str):
        answer = answer_to(form.format(make_token(alice.user_id)))
        assert answer.status_code == 200
        assert answer.json()["data"]["user_id"] == str(alice.user_id)

    @pytest.mark.parametrize(
        "form",
        ["", " ", "Bearer", "Bearer ", "{}", "Basic {}", "Token {}", "Bearer: {}", "Bearer={}", "Bearer\t{}", "Bearer {} {}",
         "Bearer {},Bearer {}", "Bearer {}, Bearer {}", "Bearer {};", 'Bearer "{}"', "Bearer null", "Bearer undefined",
         "Bearer \xe9\xff", "Bearer {}\x00", "Bearer " + "x" * 20_000, "BearerX {}", "Bearer Bearer {}"],
    )  # fmt: skip
    def test_in_any_other_form_is_401_with_a_challenge(self, alice: Person, form: str):
        token = make_token(alice.user_id)
        answer = answer_to(form.replace("{}", token))
        assert_error(answer, 401, "token_invalid")
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token", code="token_invalid"'
        assert token not in answer.content.decode()

    def test_must_be_there(self, anonymous: APIClient):
        answer = anonymous.get("/api/me")
        assert_error(answer, 401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_is_the_only_place_a_token_is_read_from(self, alice: Person, anonymous: APIClient):
        token = make_token(alice.user_id)
        anonymous.cookies["access_token"] = token
        assert_error(anonymous.get("/api/me", {"access_token": token, "token": token}), 401, "not_authenticated")
        assert_error(anonymous.put("/api/me", {"access_token": token}), 401, "not_authenticated")

    def test_tells_an_expired_token_from_a_forged_one(self, alice: Person):
        expired = answer_to(f"Bearer {make_token(alice.user_id, exp=1)}")
        assert_error(expired, 401, "token_expired")
        assert 'code="token_expired"' in expired.headers["WWW-Authenticate"]
        assert_error(answer_to(f"Bearer {make_token(alice.user_id, secret='x' * 40)}"), 401, "token_invalid")

    @pytest.mark.django_db(transaction=True)
    def test_sent_twice_signs_nobody_in(self, alice: Person, bob: Person):
        app = RestHandler(threads=1, max_body_bytes=10)
        own, other = (("Authorization", f"Bearer {make_token(person.user_id)}") for person in (alice, bob))
        assert asgi.call(app, "GET", "/api/me", headers=[own]).status_code == 200
        for headers in ([own, other], [own, own], [("Authorization", "Basic x"), own], [own, ("Authorization", "")]):
            assert_error(asgi.call(app, "GET", "/api/me", headers=headers), 401, "token_invalid")
        app.workers.shutdown()


class TestEveryRoute:
    def test_but_the_listed_ones_needs_a_token(self, anonymous: APIClient):
        operations = api_operations()
        assert {name for _, _, name, view in operations if AllowAny in view.permission_classes} <= OPEN_ROUTES
        for method, path, name, _ in operations:
            if name not in OPEN_ROUTES:
                assert_error(getattr(anonymous, method)(path), 401, "not_authenticated")

    def test_that_writes_is_closed_to_the_suspended_before_anything_else(self, alice: Person):
        Suspension.objects.create(user_id=alice.user_id)
        operations = [one for one in api_operations() if one[2] not in OPEN_ROUTES]
        assert {"me", "users", "user", "user-enneagrams", "strings", "string-like"} <= {
            name for _, _, name, _ in operations
        }
        for method, path, _, _ in operations:
            answer = getattr(alice.client, method)(path)
            if method == "get":
                assert answer.status_code in {200, 404, 422}, (method, path, answer.content)
            else:
                assert_error(answer, 403, "suspended")


class TestCost:
    @pytest.mark.parametrize("path", ["/api/me", "/api/enneagrams", "/api/strings", "/api/users"])
    def test_a_token_check_is_one_query(self, alice: Person, path: str):
        for _ in range(5):
            block(alice, make_person("Blocked"))
            block(make_person("Blocker"), alice)
        Suspension.objects.create(user_id=alice.user_id)
        alice.client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert alice.client.get(path).status_code == 200
        about_accounts = [query["sql"] for query in queries if "auth.users" in query["sql"]]
        assert len(about_accounts) == 1
        assert len(queries) == 2

    def test_a_refused_token_costs_none(self, alice: Person, django_assert_num_queries: Any):
        with django_assert_num_queries(0):
            assert_error(answer_to(f"Bearer {make_token(alice.user_id, aud='other')}"), 401)


class TestSuspended:
    @pytest.mark.parametrize(
        ("until", "holds"), [(None, True), (timedelta(seconds=60), True), (timedelta(seconds=-1), False)]
    )
    def test_until_it_ends(self, alice: Person, until: timedelta | None, holds: bool):
        Suspension.objects.create(user_id=alice.user_id, until=None if until is None else timezone.now() + until)
        assert alice.client.get("/api/me").status_code == 200
        answer = alice.client.post("/api/strings", {"content_text": "hello"})
        if holds:
            assert_error(answer, 403, "suspended")
        else:
            assert answer.status_code == 201
        assert String.objects.filter(user_id=alice.user_id).exists() is not holds

    def test_with_the_next_request_and_no_longer_with_the_next(self, alice: Person, bob: Person):
        assert alice.client.patch("/api/me", {"meta": {"a": 1}}).status_code == 200
        Suspension.objects.create(user_id=alice.user_id)
        assert_error(alice.client.patch("/api/me", {"meta": {"a": 2}}), 403, "suspended")
        assert_error(alice.client.delete("/api/me"), 403, "suspended")
        assert bob.client.patch("/api/me", {"meta": {"a": 2}}).status_code == 200
        Suspension.objects.all().delete()
        assert alice.client.patch("/api/me", {"meta": {"b": 3}}).json()["data"]["meta"] == {"a": 1, "b": 3}

    def test_moderators_and_admins_like_everybody(self, mod: Person, admin: Person, charlie: Person):
        for staff in (mod, admin):
            Suspension.objects.create(user_id=staff.user_id)
            assert_error(staff.client.delete(f"/api/users/{charlie.user_id}"), 403, "suspended")
        assert charlie.profile


class TestBannedBySupabase:
    @pytest.mark.parametrize("until", ["now() + interval '1 hour'", "'infinity'", "'200000-01-01'"])
    def test_until_later_is_403_even_to_read(self, alice: Person, until: str):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE auth.users SET banned_until = {until} WHERE id = %s", [alice.user_id])
        assert_error(alice.client.get("/api/me"), 403, "user_banned")
        assert_error(alice.client.post("/api/strings", {"content_text": "hello"}), 403, "user_banned")

    @pytest.mark.parametrize("until", ["now() - interval '1 second'", "'-infinity'", "NULL"])
    def test_until_the_past_is_over(self, alice: Person, until: str):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE auth.users SET banned_until = {until} WHERE id = %s", [alice.user_id])
        assert alice.client.post("/api/strings", {"content_text": "hello"}).status_code == 201

    def test_makes_no_profile(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        AuthUser.objects.filter(id=alice.user_id).update(banned_until=timezone.now() + timedelta(hours=1))
        assert_error(alice.client.get("/api/me"), 403, "user_banned")
        assert not UserProfile.objects.filter(user_id=alice.user_id).exists()


class TestRights:
    def test_follow_the_profile_at_once(self, charlie: Person, bob: Person):
        def may_administer() -> bool:
            return charlie.client.patch(f"/api/users/{bob.user_id}", {"biography": {"bio": "x"}}).status_code == 200

        seen = []
        for flag in (False, True, None):
            UserProfile.objects.filter(user_id=charlie.user_id).update(is_admin=flag)
            seen.append((may_administer(), charlie.client.get("/api/me").json()["data"]["is_admin"]))
        assert seen == [(False, False), (True, True), (False, False)]

    def test_are_never_taken_from_the_token(self, charlie: Person, bob: Person):
        rights = {"is_admin": True, "is_mod": True, "roles": ["super admin"]}
        token = make_token(charlie.user_id, app_metadata=rights, user_metadata=rights, **rights)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        assert client.get("/api/me").json()["data"]["is_admin"] is False
        assert_error(client.delete(f"/api/users/{bob.user_id}"), 403, "forbidden")

    def test_the_id_in_a_token_may_be_written_in_capitals(self, alice: Person):
        answer = answer_to(f"Bearer {make_token(str(alice.user_id).upper())}")
        assert answer.json()["data"]["user_id"] == str(alice.user_id)


class TestAnAccountThatIsGone:
    def test_is_401_and_stays_gone(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        AuthUser.objects.filter(id=alice.user_id).delete()
        for answer in (alice.client.get("/api/me"), alice.client.post("/api/strings", {"content_text": "hello"})):
            assert_error(answer, 401, "user_not_found")
            assert 'code="user_not_found"' in answer.headers["WWW-Authenticate"]
        assert not UserProfile.objects.filter(user_id=alice.user_id).exists()

    def test_never_was(self):
        assert_error(client_for(uuid.uuid4()).get("/api/users"), 401, "user_not_found")


class TestAnAccountWithoutProfile:
    @pytest.mark.parametrize(
        "account",
        [{"email": "zoe@lifestring.example", "raw_user_meta_data": {"name": "Zoë"}},
         {"email": "zoe@lifestring.example", "phone": "491234567", "raw_user_meta_data": {"full_name": "Zoë"}},
         {"phone": "491234567", "raw_user_meta_data": None},
         {"raw_user_meta_data": {"name": None, "location": "Rome", "is_admin": True}},
         {"raw_user_meta_data": {"name": ["Zoë"]}},
         *({"raw_user_meta_data": odd} for odd in ([], ["name"], "name", 5, {"name": {"first": "Zoë"}}))],
    )  # fmt: skip
    def test_gets_what_the_trigger_writes(self, account: dict[str, Any]):
        by_trigger = AuthUser.objects.create(**account)
        expected = UserProfile.objects.filter(user_id=by_trigger.id).values(*JSON_COLUMNS, "is_admin", "is_mod").get()
        UserProfile.objects.filter(user_id=by_trigger.id).delete()

        assert client_for(by_trigger.id).get("/api/me").status_code == 200

        made = UserProfile.objects.get(user_id=by_trigger.id)
        assert {name: getattr(made, name) for name in expected} == expected
        assert made.created_at == made.updated_at
        assert abs(made.created_at - timezone.now()) < timedelta(minutes=1)

    def test_has_exactly_the_documented_defaults(self):
        account = AuthUser.objects.create(email="zoe@lifestring.example", raw_user_meta_data={"name": "Zoë"})
        UserProfile.objects.filter(user_id=account.id).delete()
        data = client_for(account.id).get("/api/me").json()["data"]
        assert {name: data[name] for name in JSON_COLUMNS} == {
            "contact_info": {"name": "Zoë", "email": "zoe@lifestring.example", "phone": None, "location": "",
                             "birthday": None, "website": ""},
            "social_links": {"instagram": "", "twitter": "", "linkedin": ""},
            "attributes": {"passions": [], "hobbies": [], "questions": [], "interests": [], "skills": [], "enneagram": ""},
            "biography": {"bio": "", "ambitions": "", "dreams": "", "goals": "", "education": "", "work": "",
                          "relationship_status": "", "looking_for": ""},
            "meta": None,
        }  # fmt: skip
        assert (data["name"], data["is_admin"], data["is_mod"]) == ("Zoë", False, False)

    def test_may_begin_with_a_write(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        answer = alice.client.post("/api/strings", {"content_text": "hello"})
        assert answer.status_code == 201
        assert answer.json()["data"]["user"]["name"] == "Alice"

    def test_gets_none_for_a_refused_token(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        assert_error(answer_to(f"Bearer {make_token(alice.user_id, is_anonymous=True)}"), 401, "anonymous_user")
        assert not UserProfile.objects.filter(user_id=alice.user_id).exists()

    @pytest.mark.django_db(transaction=True)
    def test_gets_one_however_many_requests_come_first(self, alice: Person, together: Together, many_connections: None):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        answers = together(*[lambda: client_for(alice.user_id).get("/api/me")] * 20)
        assert [answer.status_code for answer in answers] == [200] * 20
        assert len({answer.json()["data"]["id"] for answer in answers}) == 1
        assert UserProfile.objects.count() == 1
