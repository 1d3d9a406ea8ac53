"""From a token to the caller: one query, the profile made when missing, and who may only read or nothing at all."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.authentication import load_caller
from accounts.local_auth.models import AuthSession
from accounts.models import AuthUser, Suspension, UserProfile
from lifestring.rest_handler import RestHandler
from lifestring.testing import asgi
from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, block, client_for, make_person, make_token
from lifestring.testing.routes import WRITES, Route, routes

pytestmark = pytest.mark.django_db

API = [route for route in routes() if not route.is_open]
# Where the suspended say that they are right (moderation/tests/test_sanctions.py).
APPEALS = "api/appeals"
MINUTE = timedelta(minutes=1)
COLUMNS = ("contact_info", "social_links", "attributes", "biography", "meta", "is_admin", "is_mod")


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


class TestTheHeader:
    @pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "bEaReR {}", "Bearer  {}", "Bearer {} "])
    def test_may_be_written_in_these_ways(self, alice: Person, form: str):
        header = form.format(make_token(alice.user_id))
        assert APIClient().get("/api/me", HTTP_AUTHORIZATION=header).status_code == 200

    @pytest.mark.parametrize(
        "form",
        ["", " ", "Bearer", "Bearer ", "{}", "Basic {}", "Token {}", "Bearer {} {}", "Bearer: {}", "Bearer={}", "Bearer,{}", "Bearer {}\x00",
         "Bearer bearer {}", "bear {}", "Bearer \x00", "Bearer ü", "Bearer {},Bearer {}", '"Bearer {}"', "JWT {}", "Bearer null"],
    )  # fmt: skip
    def test_in_any_other_form_is_401_with_a_challenge(self, alice: Person, form: str):
        token = make_token(alice.user_id)
        answer = APIClient().get("/api/me", HTTP_AUTHORIZATION=form.replace("{}", token))
        assert_error(answer, 401, "token_invalid")
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token", code="token_invalid"'
        assert token not in answer.content.decode()

    def test_must_be_there(self, anonymous: APIClient):
        assert_error(anonymous.get("/api/me"), 401, "not_authenticated")

    @pytest.mark.parametrize("where", ["access_token", "token", "apikey"])
    def test_is_the_only_place_for_a_token(self, alice: Person, where: str):
        token = make_token(alice.user_id)
        client = APIClient()
        client.cookies[where] = token
        assert_error(client.get("/api/me", {where: token}, HTTP_APIKEY=token), 401, "not_authenticated")
        assert_error(client.put("/api/me", {where: token}), 401, "not_authenticated")

    def test_may_name_the_account_in_capitals(self, alice: Person):
        header = f"Bearer {make_token(str(alice.user_id).upper())}"
        answer = APIClient().get("/api/me", HTTP_AUTHORIZATION=header)
        assert answer.json()["data"]["user_id"] == str(alice.user_id)

    @pytest.mark.django_db(transaction=True)
    def test_sent_twice_signs_nobody_in(self, alice: Person, bob: Person):
        app = RestHandler(threads=1, max_body_bytes=10)
        own, other = (("Authorization", f"Bearer {make_token(person.user_id)}") for person in (alice, bob))
        assert asgi.call(app, "GET", "/api/me", headers=[own]).status_code == 200
        for headers in ([own, other], [own, own], [("Authorization", "Basic x"), own], [own, ("Authorization", "")]):
            assert_error(asgi.call(app, "GET", "/api/me", headers=headers), 401, "token_invalid")
        app.workers.shutdown()


class TestThePrice:
    def test_is_one_query(self, alice: Person, bob: Person, charlie: Person):
        block(alice, charlie)
        with CaptureQueriesContext(connection) as captured:
            load_caller(alice.user_id)
        assert len(captured) == 1

    def test_of_a_refused_token_is_none(self, alice: Person):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION="Bearer " + make_token(alice.user_id, exp=1))
        with CaptureQueriesContext(connection) as captured:
            assert_error(client.get("/api/strings"), 401, "token_expired")
        assert len(captured) == 0

    @pytest.mark.parametrize("url", ["/api/me", "/api/enneagrams", "/api/strings", "/api/users"])
    def test_is_paid_once_by_a_request_however_many_blocks_there_are(self, alice: Person, url: str):
        for _ in range(5):
            block(alice, make_person("Blocked"))
            block(make_person("Blocker"), alice)
        alice.client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert alice.client.get(url).status_code == 200
        assert len([query for query in captured if "auth.users" in query["sql"]]) == 1
        assert len(captured) == 2


class TestTheRights:
    @pytest.mark.parametrize("value", [None, False])
    def test_come_from_the_profile_and_null_is_no(self, alice: Person, value: bool | None):
        UserProfile.objects.filter(user_id=alice.user_id).update(is_admin=value, is_mod=value)
        assert (alice.caller.is_admin, alice.caller.is_mod, alice.caller.is_staff_member) == (False, False, False)
        data = alice.client.get("/api/me").json()["data"]
        assert (data["is_admin"], data["is_mod"]) == (False, False)

    def test_do_not_come_from_the_token(self, alice: Person, bob: Person):
        token = make_token(
            alice.user_id,
            is_admin=True,
            app_metadata={"is_admin": True, "roles": ["super admin"]},
            user_metadata={"is_admin": True},
        )
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        assert_error(client.patch(f"/api/users/{bob.user_id}", {"meta": {"a": 1}}), 403, "forbidden")

    def test_end_with_the_next_request(self, admin: Person, bob: Person):
        assert admin.client.patch(f"/api/users/{bob.user_id}", {"meta": {"a": 1}}).status_code == 200
        UserProfile.objects.filter(user_id=admin.user_id).update(is_admin=False)
        assert_error(admin.client.patch(f"/api/users/{bob.user_id}", {"meta": {"a": 2}}), 403, "forbidden")


class TestSuspended:
    @pytest.fixture(params=[None, MINUTE], ids=["for-good", "for-a-minute"])
    def suspended(self, request: pytest.FixtureRequest, alice: Person) -> Person:
        until = request.param and timezone.now() + request.param
        Suspension.objects.create(user_id=alice.user_id, until=until, reason="spam")
        return alice

    @pytest.mark.parametrize(
        "route", [route for route in API if set(route.methods) & set(WRITES) and route.pattern != APPEALS], ids=str
    )
    def test_every_write_is_403(self, suspended: Person, route: Route):
        before = suspended.profile
        for method in set(route.methods) & set(WRITES):
            for url in (route.url(), route.url(user=suspended.user_id)):
                assert_error(getattr(suspended.client, method)(url, {}), 403, "suspended")
        assert suspended.profile.updated_at == before.updated_at

    def test_even_a_body_that_is_no_json_is_403(self, suspended: Person):
        answer = suspended.client.generic("POST", "/api/strings", b"{", content_type="application/json")
        assert_error(answer, 403, "suspended")

    @pytest.mark.parametrize(
        "url", ["/api/me", "/api/users", "/api/strings", "/api/my/strings", "/api/enneagrams", "/api/search?q=a"]
    )
    def test_reading_goes_on(self, suspended: Person, url: str):
        assert suspended.client.get(url).status_code == 200

    def test_it_begins_and_ends_between_two_requests(self, alice: Person):
        assert alice.client.patch("/api/me", {"meta": {"a": 1}}).status_code == 200
        Suspension.objects.create(user_id=alice.user_id)
        assert_error(alice.client.patch("/api/me", {"meta": {"a": 2}}), 403, "suspended")
        Suspension.objects.all().delete()
        assert alice.client.patch("/api/me", {"meta": {"b": 3}}).json()["data"]["meta"] == {"a": 1, "b": 3}

    def test_it_holds_for_moderators_and_admins(self, mod: Person, admin: Person, charlie: Person):
        for staff in (mod, admin):
            Suspension.objects.create(user_id=staff.user_id)
            assert_error(staff.client.delete(f"/api/users/{charlie.user_id}"), 403, "suspended")
        assert charlie.profile

    def test_it_ends_by_itself(self, alice: Person):
        Suspension.objects.create(user_id=alice.user_id, until=timezone.now() - MINUTE)
        assert alice.client.post("/api/strings", {"content_text": "back again"}).status_code == 201

    def test_it_concerns_nobody_else(self, suspended: Person, bob: Person):
        assert bob.client.post("/api/strings", {"content_text": "x"}).status_code == 201


class TestSignedOut:
    def test_the_token_of_a_session_that_is_over_opens_nothing(self, alice: Person, bob: Person):
        sessions = [AuthSession.objects.create(user_id=person.user_id) for person in (alice, alice, bob)]
        ended, other, foreign = (signed_in(alice, session.id) for session in sessions)
        assert [client.get("/api/me").status_code for client in (ended, other)] == [200, 200]
        assert_error(foreign.get("/api/me"), 401, "token_expired")
        AuthSession.objects.filter(id=sessions[0].id).delete()
        assert_error(ended.get("/api/me"), 401, "token_expired")
        assert_error(ended.post("/api/strings", {"content_text": "x"}), 401, "token_expired")
        assert other.get("/api/me").status_code == 200
        AuthSession.objects.filter(id=sessions[1].id).update(not_after=timezone.now() - MINUTE)
        assert_error(other.get("/api/me"), 401, "token_expired")

    @pytest.mark.parametrize("session_id", [None, "", "no uuid", 7, ["x"]])
    def test_a_token_that_names_no_session_is_judged_without_one(self, alice: Person, session_id: Any):
        assert signed_in(alice, session_id).get("/api/me").status_code == 200


def signed_in(person: Person, session_id: Any) -> APIClient:
    client = APIClient()
    told = str(session_id) if isinstance(session_id, uuid.UUID) else session_id
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(person.user_id, session_id=told)}")
    return client


class TestBanned:
    @pytest.mark.parametrize("until", ["now() + interval '1 minute'", "now() + interval '876000 hours'", "'infinity'"])
    def test_everything_is_403(self, alice: Person, until: str):
        execute(f"UPDATE auth.users SET banned_until = {until} WHERE id = %s", alice.user_id)
        assert_error(alice.client.get("/api/me"), 403, "user_banned")
        assert_error(alice.client.get("/api/strings"), 403, "user_banned")
        assert_error(alice.client.post("/api/strings", {"content_text": "x"}), 403, "user_banned")

    def test_nothing_is_made_for_them(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        AuthUser.objects.filter(id=alice.user_id).update(banned_until=timezone.now() + MINUTE)
        assert_error(alice.client.get("/api/me"), 403, "user_banned")
        assert not UserProfile.objects.filter(user_id=alice.user_id).exists()

    @pytest.mark.parametrize("until", ["NULL", "now() - interval '1 second'", "'-infinity'"])
    def test_it_ends_by_itself(self, alice: Person, until: str):
        execute(f"UPDATE auth.users SET banned_until = {until} WHERE id = %s", alice.user_id)
        assert alice.client.get("/api/me").status_code == 200


def columns(user_id: uuid.UUID) -> dict[str, Any]:
    return {name: getattr(UserProfile.objects.get(user_id=user_id), name) for name in COLUMNS}


class TestAnAccountWithoutProfile:
    @pytest.mark.parametrize(
        "account",
        [
            {
                "email": "a@lifestring.example",
                "phone": "+351 1",
                "raw_user_meta_data": {"name": "Ada", "is_admin": True},
            },
            {"email": None, "phone": "+351 2", "raw_user_meta_data": {}},
            {"email": "b@lifestring.example", "raw_user_meta_data": None},
            {"email": "c@lifestring.example", "raw_user_meta_data": {"name": None}},
            {"email": "d@lifestring.example", "raw_user_meta_data": {"name": 5}},
            {"email": "e@lifestring.example", "raw_user_meta_data": {"name": {"first": "E"}}},
            {"email": "f@lifestring.example", "raw_user_meta_data": ["name"]},
            {"email": "g@lifestring.example", "raw_user_meta_data": "name"},
        ],
        ids=lambda account: json.dumps(account["raw_user_meta_data"]),
    )
    def test_gets_what_the_trigger_would_have_made(self, account: dict[str, Any]):
        user_id = AuthUser.objects.create(**account).id
        by_trigger = columns(user_id)
        UserProfile.objects.filter(user_id=user_id).delete()
        answer = client_for(user_id).get("/api/me")
        assert answer.status_code == 200, answer.content
        assert columns(user_id) == by_trigger
        assert answer.json()["data"]["contact_info"] == by_trigger["contact_info"]
        assert answer.json()["data"]["created_at"].endswith("Z")

    def test_gets_the_documented_defaults(self):
        account = AuthUser.objects.create(email="zoe@lifestring.example", raw_user_meta_data={"name": "Zoë"})
        UserProfile.objects.filter(user_id=account.id).delete()
        data = client_for(account.id).get("/api/me").json()["data"]
        assert {name: data[name] for name in COLUMNS} == {
            "contact_info": {"name": "Zoë", "email": "zoe@lifestring.example", "phone": None, "location": "",
                             "birthday": None, "website": ""},
            "social_links": {"instagram": "", "twitter": "", "linkedin": ""},
            "attributes": {"passions": [], "hobbies": [], "questions": [], "interests": [], "skills": [], "enneagram": ""},
            "biography": {"bio": "", "ambitions": "", "dreams": "", "goals": "", "education": "", "work": "",
                          "relationship_status": "", "looking_for": ""},
            "meta": None,
            "is_admin": False,
            "is_mod": False,
        }  # fmt: skip
        profile = UserProfile.objects.get(user_id=account.id)
        assert abs(profile.created_at - timezone.now()) < MINUTE
        assert profile.created_at == profile.updated_at

    def test_gets_none_for_a_refused_token(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        header = f"Bearer {make_token(alice.user_id, is_anonymous=True)}"
        assert_error(APIClient().get("/api/me", HTTP_AUTHORIZATION=header), 401, "anonymous_user")
        assert not UserProfile.objects.filter(user_id=alice.user_id).exists()

    def test_can_write_with_its_very_first_request(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        answer = alice.client.post("/api/strings", {"content_text": "hello"})
        assert answer.json()["data"]["user"]["name"] == "Alice"

    def test_is_read_in_three_queries_once_and_one_from_then_on(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        load_caller(alice.user_id)
        with CaptureQueriesContext(connection) as captured:
            load_caller(alice.user_id)
        assert len(captured) == 1

    @pytest.mark.django_db(transaction=True)
    def test_gets_one_when_twenty_requests_come_first(self, together: Together, many_connections: None):
        person = make_person("Ada")
        expected = columns(person.user_id)
        UserProfile.objects.filter(user_id=person.user_id).delete()
        answers = together(*[lambda: client_for(person.user_id).get("/api/me") for _ in range(20)])
        assert [answer.status_code for answer in answers] == [200] * 20
        assert len({answer.json()["data"]["id"] for answer in answers}) == 1
        assert UserProfile.objects.filter(user_id=person.user_id).count() == 1
        assert columns(person.user_id) == expected


class TestAnAccountThatIsGone:
    def test_is_401_on_every_route(self, alice: Person):
        client = client_for(uuid.uuid4())
        for route in API:
            for method in route.methods:
                assert_error(getattr(client, method)(route.url()), 401, "user_not_found")

    def test_is_401_once_it_is_gone(self, alice: Person):
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        AuthUser.objects.filter(id=alice.user_id).delete()
        answer = alice.client.post("/api/strings", {"content_text": "hello"})
        assert_error(answer, 401, "user_not_found")
        assert 'code="user_not_found"' in answer.headers["WWW-Authenticate"]

    def test_is_401_once_it_is_deleted_softly(self, alice: Person):
        AuthUser.objects.filter(id=alice.user_id).update(deleted_at=timezone.now())
        assert_error(alice.client.get("/api/me"), 401, "user_not_found")

    def test_leaves_no_profile_behind(self):
        nobody = uuid.uuid4()
        assert_error(client_for(nobody).get("/api/me"), 401, "user_not_found")
        assert not UserProfile.objects.filter(user_id=nobody).exists()


def test_the_caller_knows_both_sides_of_each_block(alice: Person, bob: Person, charlie: Person, mod: Person):
    block(alice, charlie)
    block(mod, alice)
    caller = alice.caller
    assert caller.blocked_ids == {charlie.user_id}
    assert caller.blocked_by_ids == {mod.user_id}
    assert caller.hidden_ids == {charlie.user_id, mod.user_id}
    assert (caller.user_id, caller.profile_id) == (alice.user_id, alice.profile.id)
