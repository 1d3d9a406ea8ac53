"""The admin's tables: what staff look at, at the same cost whatever their size; changes go through services alone."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuthUser, ErasedAccount, StaffSignIn, StaffUser, Suspension, UserProfile
from ai.models import StringEmbedding, UsageEntry, UserEmbedding
from chat.models import Room, RoomParticipant
from events.models import Event
from lifestring.testing.people import Person
from moderation.models import AuditEntry, Case, Report, Sanction
from strings.models import String, StringComment

pytestmark = pytest.mark.django_db

PAGES = sorted(model._meta.label_lower.replace(".", "/") for model in admin.site._registry)
MANY = 60
ODD = '{"number": 1e999, "deep": ' + "[" * 5000 + "]" * 5000 + "}"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(
        StaffUser.objects.create_superuser("staff@lifestring.example"), "django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.fixture
def many(alice: Person) -> None:
    """A page and more of everything a table of the admin shows, with JSON that no program reads."""
    ids = [uuid.uuid4() for _ in range(MANY)]
    AuthUser.objects.bulk_create([AuthUser(id=one, email=f"{one}@x.example") for one in ids])
    String.objects.bulk_create([String(id=one, user_id=alice.user_id, content_text="Seen by staff") for one in ids])
    StringComment.objects.bulk_create([StringComment(id=one, string_id=one, user_id=one, content="Hm") for one in ids])
    Room.objects.bulk_create([Room(id=one, name="A room") for one in ids])
    RoomParticipant.objects.bulk_create([RoomParticipant(room_id=one, user_id=alice.user_id) for one in ids])
    start = "2026-12-01T10:00Z"
    Event.objects.bulk_create([Event(id=one, user_id=one, title="A walk", start_time=start) for one in ids])
    vector = {"embedding": [0.5] * 1536, "content_hash": "x"}
    StringEmbedding.objects.bulk_create([StringEmbedding(string_id=one, **vector) for one in ids])
    UserEmbedding.objects.bulk_create([UserEmbedding(user_id=one, **vector) for one in ids])
    asked = {"purpose": "chat", "reserved": 1, "day": "2026-12-01", "expires_at": start}
    UsageEntry.objects.bulk_create([UsageEntry(user_id=one, **asked) for one in ids])
    Suspension.objects.bulk_create([Suspension(user_id=one) for one in ids])
    ErasedAccount.objects.bulk_create([ErasedAccount(user_id=one) for one in ids])
    cases = [Case(id=one, target_type="string", target_id=one, person_id=alice.user_id, severity=1) for one in ids]
    Case.objects.bulk_create(cases)
    about = {"target_type": "string", "reporter_id": alice.user_id, "reason": "spam"}
    Report.objects.bulk_create([Report(case_id=one, target_id=one, **about) for one in ids])
    Sanction.objects.bulk_create([Sanction(person_id=one, kind="warning", reason="x") for one in ids])
    acts = [AuditEntry(actor_id=alice.user_id, action="case.dismissed", person_id=one, case_id=one) for one in ids]
    AuditEntry.objects.bulk_create(acts)
    StaffUser.objects.bulk_create([StaffUser(email=f"{one}@x.example") for one in ids])
    StaffSignIn.objects.bulk_create([StaffSignIn(email=f"{one}@x.example", outcome="refused") for one in ids])
    with connection.cursor() as cursor:
        for column in (
            "user_profiles.contact_info",
            "rooms.metadata",
            "events.custom_fields",
            "strings.content_images",
        ):
            table, _, name = column.partition(".")
            cursor.execute(f"UPDATE public.{table} SET {name} = %s::jsonb", [ODD])


def read(client: Client, address: str, **question: str) -> tuple[int, str]:
    """Open a page; returns how many queries it took, and the page."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address, question)
    assert answer.status_code == 200, (address, answer.status_code)
    return len(captured), answer.content.decode()


def test_every_list_and_every_search_takes_as_few_queries_for_a_page_as_for_nothing(
    staff: Client, request: pytest.FixtureRequest
):
    few = {page: read(staff, f"/admin/{page}/")[0] for page in PAGES}
    request.getfixturevalue("many")
    for page in PAGES:
        queries, shown = read(staff, f"/admin/{page}/", o="-1")
        assert queries <= min(10, few[page] + 3), page
        assert shown.count("<tr>") > 9, page
        for question in ("Seen", "a@x.example", str(uuid.uuid4()), '203.0.113.9 " & \\ % \0'):
            assert read(staff, f"/admin/{page}/", q=question)[0] <= 10, (page, question)


def test_every_row_opens_in_few_queries_and_none_can_be_changed(staff: Client, many: None):
    for page in PAGES:
        row = apps.get_model(*page.split("/")).objects.order_by("pk").values_list("pk", flat=True)[0]
        address = f"/admin/{page}/{row}/change/"
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(address, follow=True).status_code == 200, page
        assert len(captured) <= 30, page
        if page not in {"accounts/userprofile", "moderation/case"}:
            assert staff.post(address, {}).status_code == 403, page
        for nothing in ("x", str(uuid.uuid4()), "9" * 30):
            assert staff.get(f"/admin/{page}/{nothing}/change/").status_code in {302, 404}, (page, nothing)


def test_a_list_is_in_its_own_order_whatever_an_address_asks_for(staff: Client, many: None):
    asked = "/admin/strings/string/?o=-3.1"
    with CaptureQueriesContext(connection) as captured:
        staff.get(asked)
    [rows] = [query["sql"] for query in captured if "ORDER BY" in query["sql"] and '"strings"' in query["sql"]]
    assert rows.partition("ORDER BY")[2].startswith(' "strings"."created_at" DESC, "strings"."id" DESC LIMIT')


def test_a_list_is_narrowed_to_a_time(staff: Client, alice: Person):
    begin = datetime(2024, 12, 1, tzinfo=UTC)
    for moment in (
        begin - timedelta(seconds=1),
        begin,
        begin + timedelta(days=31, seconds=-1),
        begin + timedelta(days=31),
    ):
        String.objects.create(user_id=alice.user_id, content_text="Seen", created_at=moment)
    String.objects.create(user_id=alice.user_id, content_text="Seen", created_at=timezone.now())
    rows = {"": 5, "2024-12": 2, "2024-11": 1, "2025-01": 1, "2023-12": 0, "1": 1, "30": 1, "2024-13": 5, "x": 5}
    for when, count in rows.items():
        assert read(staff, "/admin/strings/string/", when=when)[1].count('class="field-__str__"') == count, when
    offered = read(staff, "/admin/strings/string/")[1]
    assert offered.count("?when=20") == 12
    for model, page in admin.site._registry.items():
        if getattr(page, "period", ""):
            address = f"/admin/{model._meta.label_lower.replace('.', '/')}/"
            assert read(staff, address, when="2024-12")[0] <= 10, address


def test_counting_ends_at_a_bound(staff: Client, many: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lifestring.admin.MOST_COUNTED", 55)
    assert "55 rows" in staff.get("/admin/strings/string/").content.decode()


def test_people_are_found_by_name_address_and_either_id(staff: Client, alice: Person, charlie: Person):
    def found(question: str) -> set[str]:
        page = staff.get("/admin/accounts/userprofile/", {"q": question}).content.decode()
        return {person.name for person in (alice, charlie) if str(person.user_id) in page}

    address = AuthUser.objects.get(id=charlie.user_id).email or ""
    assert found("ali") == {"Alice"}
    assert found("lice") == set(), "beginnings of words, as everywhere"
    assert found(address.upper()) == found(str(charlie.user_id)) == found(str(charlie.profile.id)) == {"Charlie"}
    assert found("") == {"Alice", "Charlie"}
    UserProfile.objects.filter(user_id=charlie.user_id).update(is_mod=True)
    page = staff.get("/admin/accounts/userprofile/?role=mod").content.decode()
    assert (str(charlie.user_id) in page, str(alice.user_id) in page) == (True, False)


def test_rooms_are_found_by_part_of_their_name_their_id_and_who_is_in_them(staff: Client, alice: Person, bob: Person):
    chess, birds = (Room.objects.create(name=name) for name in ("The Chess Club", "100% birds_"))
    RoomParticipant.objects.create(room=birds, user_id=bob.user_id)

    def found(question: Any) -> set[str]:
        page = staff.get("/admin/chat/room/", {"q": question}).content.decode()
        return {str(room) for room in (chess, birds) if f"/{room.id}/change/" in page}

    assert found("chess") == found("the ch") == found(chess.id) == {"The Chess Club"}
    assert found("0% b") == found("s_") == found(bob.user_id) == {"100% birds_"}
    assert found("%c") == found(alice.user_id) == set()


def test_what_people_wrote_is_found_by_words_and_ids(staff: Client, alice: Person, bob: Person):
    one, two = (
        person.client.post("/api/strings", {"content_text": text}).json()["data"]["id"]
        for person, text in ((alice, "Walking the dogs"), (bob, "Feeding a cat"))
    )
    comment = bob.client.post(f"/api/strings/{one}/comments", {"content": "Nice"}).json()["data"]["id"]

    def found(page: str, question: Any) -> set[str]:
        shown = staff.get(f"/admin/strings/{page}/", {"q": question}).content.decode()
        return {known for known in (one, two, comment) if f"/{known}/change/" in shown}

    assert found("string", "dog") == found("string", one) == found("string", alice.user_id) == {one}
    assert found("stringcomment", one) == found("stringcomment", bob.user_id) == {comment, one}
    assert "Alice" in staff.get(f"/admin/strings/string/{one}/change/").content.decode()
