"""The page of a person: all there is of them in short, their profile field by field, and what admins may do."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.local_auth.models import AuthSession
from accounts.models import AuthUser, SignedOut, StaffUser, UserProfile
from accounts.staff.person import STILL_OPEN
from accounts.staff.profile_fields import CHANGED_MEANWHILE
from accounts.tests.auth_client import AuthClient
from accounts.tests.roles import weak_role
from lifestring.testing.people import Person, block, client_for, connect, make_token
from moderation.models import AuditEntry

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


def client_of(person: Person | None, **rights: bool) -> Client:
    client = Client()
    user_id = person.user_id if person else None
    user = StaffUser.objects.create_user(
        f"{len(rights)}-{user_id}@x.example", supabase_user_id=user_id, is_staff=True, **rights
    )
    client.force_login(user, BACKEND)
    return client


@pytest.fixture
def ada(admin: Person) -> Client:
    return client_of(admin, is_superuser=True)


def page_of(person: Person, what: str = "") -> str:
    return f"/admin/people/{person.user_id}/{what}"


def filled_form(page: str) -> dict[str, str]:
    """What a browser sends when nobody changed anything: inputs, hidden ones and text areas of the profile's form."""
    form = page.partition('class="profile"')[2]
    found = {}
    for _, name, value in re.findall(r'<input[^>]*type="(text|hidden)"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form):
        found[unescape(name)] = unescape(value)
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        found[unescape(name)] = unescape(value).replace("\n", "\r\n")
    return found


def stored(person: Person, column: str = "biography") -> Any:
    return UserProfile.objects.values_list(column, flat=True).get(user_id=person.user_id)


def test_it_tells_all_there_is_in_few_queries(ada: Client, alice: Person, bob: Person, charlie: Person):
    for number in range(12):
        string = alice.client.post("/api/strings", {"content_text": f"String {number}"}).json()["data"]["id"]
        alice.client.post(f"/api/strings/{string}/comments", {"content": f"Comment {number}"})
        alice.client.post("/api/rooms", {"name": f"Room {number}"})
        alice.client.post(
            "/api/events", {"title": f"Event {number}", "start_time": f"2050-01-{number + 1:02}T10:00:00Z"}
        )
    block(charlie, alice)
    with CaptureQueriesContext(connection) as captured:
        page = ada.get(page_of(alice)).content.decode()
    assert len(captured) <= 22
    for shown in ("String 11", "Comment 11", "Room 11", "Event 11", "Bob", "Charlie", "blocked by them", "All of them"):
        assert shown in page, shown
    assert "String 1<" not in page, "the newest eight"
    assert ada.get(f"/admin/people/{alice.profile.id}/").status_code == 404


def test_whatever_other_clients_wrote_is_shown_and_left_alone(ada: Client, alice: Person):
    odd = [
        '{"a": 1e999, "b": ' + "[" * 5000 + "]" * 5000 + "}",
        '"text"',
        "[1]",
        "null",
        '{"": {"<b>": 123456789012345678901234567890}}',
    ]
    for text in odd:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE public.user_profiles SET biography = %s::jsonb, attributes = NULL", [text])
            cursor.execute("SELECT biography::text FROM public.user_profiles WHERE user_id = %s", [alice.user_id])
            [before] = cursor.fetchone() or [""]
        page = ada.get(page_of(alice)).content.decode()
        assert "<b>" not in page
        answer = ada.post(page_of(alice, "change/"), {**filled_form(page), "why": "Nothing"}, follow=True)
        assert "Nothing was changed." in answer.content.decode()
        with connection.cursor() as cursor:
            cursor.execute("SELECT biography::text FROM public.user_profiles WHERE user_id = %s", [alice.user_id])
            assert cursor.fetchone() == (before,)


def test_a_profile_is_changed_field_by_field(ada: Client, admin: Person, alice: Person):
    values = {"bio": "Old", "quotes": ["One", "Two"], "nested": {"a": [1]}, "born": None, "odd: key": "x"}
    UserProfile.objects.filter(user_id=alice.user_id).update(biography=values)
    form = filled_form(ada.get(page_of(alice)).content.decode())
    form |= {
        "biography:bio": "New\r\nlines",
        "biography:quotes": "One\r\n\r\nThree",
        "biography:nested": '{"a": [1, 2]}',
        "drop:biography:odd: key": "on",
        "new_column": "meta",
        "new_key": "note",
        "new_text": "Seen",
    }
    ada.post(page_of(alice, "change/"), {**form, "why": "They asked"})
    assert stored(alice) == {"bio": "New\nlines", "quotes": ["One", "Three"], "nested": {"a": [1, 2]}, "born": None}
    assert stored(alice, "meta")["note"] == "Seen"
    assert stored(alice, "contact_info")["name"] == "Alice"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.person_id, entry.why) == (
        "profile.changed",
        admin.user_id,
        alice.user_id,
        "They asked",
    )
    assert json.loads(entry.before["biography"])["bio"] == "Old"
    assert json.loads(entry.after["biography"])["bio"] == "New\nlines"


def test_what_somebody_changed_meanwhile_is_not_written_over(ada: Client, alice: Person):
    UserProfile.objects.filter(user_id=alice.user_id).update(biography={"bio": "Old", "work": "Here"})
    form = filled_form(ada.get(page_of(alice)).content.decode())
    alice.client.patch("/api/me", {"biography": {"bio": "Mine", "work": "There"}})
    answer = ada.post(page_of(alice, "change/"), {**form, "biography:bio": "Theirs", "why": "x"})
    assert (answer.status_code, CHANGED_MEANWHILE in answer.content.decode()) == (422, True)
    ada.post(page_of(alice, "change/"), {**form, "contact_info:location": "Rome", "why": "x"})
    assert stored(alice) == {"bio": "Mine", "work": "There"}, "fields nobody touched are not sent back"
    assert stored(alice, "contact_info")["location"] == "Rome"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("biography:nested", "{"),
        ("biography:nested", "1e999"),
        ("biography:bio", "a\0b"),
        ("biography:nested", "[" * 5000),
    ],
)
def test_nonsense_is_refused_and_nothing_written(ada: Client, alice: Person, field: str, text: str):
    UserProfile.objects.filter(user_id=alice.user_id).update(biography={"bio": "Old", "nested": {}})
    form = filled_form(ada.get(page_of(alice)).content.decode())
    assert ada.post(page_of(alice, "change/"), {**form, field: text, "why": "x"}).status_code == 422
    assert ada.post(page_of(alice, "change/"), {**form, "biography:bio": "New"}).status_code == 422, "without a reason"
    assert stored(alice) == {"bio": "Old", "nested": {}}
    assert not AuditEntry.objects.exists()


def test_signing_out_ends_every_session(auth: AuthClient, mod: Person):
    session = auth.sign_up("alice@lifestring.example", data={"name": "Alice"})
    account = AuthUser.objects.get(email="alice@lifestring.example")
    client = client_for(account.id)
    before = make_token(account.id, iat=1_700_000_000)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {before}")
    assert client.get("/api/me").status_code == 200
    dana = client_of(mod)
    shown = dana.post(f"/admin/people/{account.id}/sign-out/", {"why": "Stolen phone"}, follow=True).content.decode()
    assert "Signed out." in shown
    refused = client.get("/api/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_expired")
    assert not AuthSession.objects.exists()
    assert auth.refresh(session["refresh_token"]).status_code == 400
    SignedOut.objects.update(at="2026-01-01T00:00Z")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(account.id)}")
    assert client.get("/api/me").status_code == 200, "a token that was issued since"
    assert list(AuditEntry.objects.values_list("action", "why")) == [("person.signed_out", "Stolen phone")]


def test_where_sessions_cannot_be_ended_the_page_says_so(auth: AuthClient, mod: Person):
    session = auth.sign_up("alice@lifestring.example", data={"name": "Alice"})
    account = AuthUser.objects.get(email="alice@lifestring.example")
    before = client_for(account.id)
    before.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(account.id, iat=1_700_000_000)}")
    dana = client_of(mod)
    with weak_role("BYPASSRLS", "REVOKE DELETE ON auth.sessions"):
        answer = dana.post(f"/admin/people/{account.id}/sign-out/", {"why": "Stolen phone"}, follow=True)
    assert answer.status_code == 200
    assert STILL_OPEN in unescape(answer.content.decode())
    assert before.get("/api/me").status_code == 401, "what there was is over all the same"
    assert AuthSession.objects.exists()
    assert auth.refresh(session["refresh_token"]).status_code == 200
    assert AuditEntry.objects.get().action == "person.signed_out"


def test_an_export_is_downloaded_and_written_down(ada: Client, alice: Person):
    answer = ada.post(page_of(alice, "export/"), {"why": "A request by letter"})
    told = json.loads(b"".join(answer.streaming_content))
    assert told["data"]["profile"][0]["user_id"] == str(alice.user_id)
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.get().action == "person.exported"


def test_erasing_asks_for_the_id_and_leaves_a_line_without_it(ada: Client, alice: Person, bob: Person):
    for typed in ("", "alice", str(bob.user_id)):
        assert (
            "Nothing was erased"
            in ada.post(page_of(alice, "erase/"), {"why": "x", "typed": typed}, follow=True).content.decode()
        )
    body = {"why": "They asked", "typed": str(alice.user_id)}
    assert "Erased" in ada.post(page_of(alice, "erase/"), body, follow=True).content.decode()
    assert not UserProfile.objects.filter(user_id=alice.user_id).exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.person_id, entry.target_id, entry.why) == ("person.erased", None, None, "They asked")
    assert "Not found" in ada.post(page_of(alice, "erase/"), body, follow=True).content.decode(), "only once"


def test_an_operator_without_an_account_may_do_it_too(alice: Person):
    operator = client_of(None, is_superuser=True)
    form = filled_form(operator.get(page_of(alice)).content.decode())
    operator.post(page_of(alice, "change/"), {**form, "contact_info:location": "Rome", "why": "x"})
    assert stored(alice, "contact_info")["location"] == "Rome"


def test_what_admins_do_over_rest_is_in_the_trail_and_what_people_do_themselves_is_not(admin: Person, alice: Person):
    alice.client.patch("/api/me", {"biography": {"bio": "Mine"}})
    assert not AuditEntry.objects.exists()
    admin.client.patch(f"/api/users/{alice.user_id}", {"biography": {"bio": "Theirs"}})
    connect(admin, alice)
    assert [entry.action for entry in AuditEntry.objects.all()] == ["profile.changed"]
