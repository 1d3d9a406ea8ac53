"""The pages moderators work on: what the queue shows, what its buttons do to one case and to many, and what they refuse."""

import csv
import io
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import StaffUser, Suspension
from chat.models import Message, Room, RoomParticipant
from lifestring.testing.matrix import rolled_back
from lifestring.testing.people import Person, make_person
from moderation import services
from moderation.models import Appeal, AuditEntry, Case, CaseNote, Report, Sanction
from moderation.tests.acts import case_about, report, suspend
from strings.tests.posts import post_string

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
QUEUE, ACT, APPEALS = "/admin/queue/", "/admin/queue/act/", "/admin/appeals/"


def client_of(person: Person, **rights: bool) -> Client:
    user = StaffUser.objects.create_user(
        f"{person.user_id}@x.example", supabase_user_id=person.user_id, name=person.name, is_staff=True, **rights
    )
    client = Client()
    client.force_login(user, BACKEND)
    return client


@pytest.fixture
def dana(mod: Person) -> Client:
    return client_of(mod)


@pytest.fixture
def case(alice: Person, bob: Person) -> Case:
    return case_about(bob, "string", post_string(alice))


def chosen(*cases: Case) -> list[str]:
    return [f"{case.id}:{Case.objects.get(id=case.id).version}" for case in cases]


def act(client: Client, name: str, *cases: Case, **fields: Any) -> str:
    """Press a button; returns what the next page says."""
    body = {"act": name, "case": chosen(*cases), "why": "Because", "message": "Do not.", **fields}
    return client.post(ACT, body, follow=True).content.decode()


def test_the_most_urgent_comes_first_and_is_in_hand(dana: Client, alice: Person, bob: Person, charlie: Person):
    spam, hate, many = (post_string(alice) for _ in range(3))
    report(bob, "string", spam)
    report(bob, "string", hate, "hate", details="<script>alert(1)</script>")
    for person in (bob, charlie):
        report(person, "string", many)
    page = dana.get(QUEUE).content.decode()
    order = [str(Case.objects.get(target_id=string).id) for string in (hate, many, spam)]
    places = [page.index(f'value="{case_id}:') for case_id in order]
    assert places == sorted(places)
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    narrowed = dana.get(QUEUE, {"kind": "event", "page": "x", "whose": "'", "case": "\0"}).content.decode()
    assert "Nothing is left" in narrowed


def test_the_queue_costs_the_same_for_one_case_and_for_fifty(dana: Client, alice: Person, bob: Person, case: Case):
    def cost() -> int:
        dana.get(QUEUE)
        with CaptureQueriesContext(connection) as captured:
            assert dana.get(QUEUE).status_code == 200
        return len(captured)

    few = cost()
    copies = [
        Case(target_type="string", target_id=uuid.uuid4(), person_id=alice.user_id, severity=1) for _ in range(60)
    ]
    for one in Case.objects.bulk_create(copies):
        Report.objects.create(
            case=one, reporter_id=bob.user_id, target_type="string", target_id=one.target_id, reason="spam"
        )
    assert cost() <= few + 1 <= 26
    assert dana.get(QUEUE, {"page": "1"}).content.decode().count('type="checkbox"') == 11


@pytest.mark.parametrize(
    ("name", "decision", "done"),
    [
        ("dismiss", "dismissed", "case.dismissed"),
        ("remove", "removed", "content.removed"),
        ("warn", "warned", "person.warned"),
        ("suspend-1", "suspended", "person.suspended"),
        ("suspend-0", "suspended", "person.suspended"),
    ],
)
def test_one_click_decides_and_goes_on(
    dana: Client, alice: Person, bob: Person, case: Case, name: str, decision: str, done: str
):
    other = case_about(bob, "string", post_string(alice))
    page = act(dana, name, case, next_case=str(other.id))
    decided = Case.objects.get(id=case.id)
    assert (decided.status, decided.decision) == ("decided", decision)
    assert f'name="case" value="{other.id}:' in page.partition('id="decide"')[2]
    entry = AuditEntry.objects.get(case_id=case.id)
    assert (entry.action, entry.why) == (done, "Because")
    assert list(Sanction.objects.values_list("reason", flat=True)) == (["Do not."] if done.startswith("person") else [])


def test_many_are_decided_at_once_and_each_refusal_is_told(dana: Client, alice: Person, bob: Person, mod: Person):
    cases = [case_about(bob, "string", post_string(alice)) for _ in range(4)]
    stale = chosen(*cases)
    services.case_dismiss(caller=mod.caller, case_id=cases[0].id, version=1)
    body = {"act": "remove", "case": [*stale, "nonsense", f"{uuid.uuid4()}:1"], "why": "Spam"}
    page = dana.post(ACT, body, follow=True).content.decode()
    assert "(3 cases)" in page
    assert "1 of 5: You have decided this case already: dismissed." in page
    assert Case.objects.filter(decision="removed").count() == 3


def test_many_are_suspended_noted_and_put_back_at_once(dana: Client, alice: Person, bob: Person, charlie: Person):
    cases = [case_about(bob, "string", post_string(author)) for author in (alice, charlie)]
    assert "Noted (2 cases)." in act(dana, "note", *cases, text="The same link")
    assert list(CaseNote.objects.values_list("text", flat=True)) == ["The same link"] * 2
    assert "2 of 2: " in act(dana, "note", *cases, text=" ")
    act(dana, "remove", *cases)
    removed = dana.get(QUEUE, {"whose": "removed"}).content.decode()
    assert all(f'value="{one}"' in removed for one in chosen(*cases))
    assert 'value="restore"' in removed
    assert "Put back (2 cases)." in act(dana, "restore", *cases, whose="removed")
    assert "Nothing that was removed" in dana.get(QUEUE, {"whose": "removed"}).content.decode()
    assert all(alice.client.get(f"/api/strings/{case.target_id}").status_code == 200 for case in cases)
    again = [case_about(bob, "string", post_string(author)) for author in (alice, charlie)]
    assert "Suspended for 30 days (2 cases)." in act(dana, "suspend-30", *again)
    assert Suspension.objects.count() == 2


def test_nobody_acts_on_what_somebody_else_works_on_without_seeing_it(dana: Client, case: Case):
    erin = client_of(make_person("Erin", is_mod=True))
    assert "You work on this." in act(dana, "claim", case)
    assert "<strong>Mod</strong> works on this" in erin.get(QUEUE).content.decode()
    assert "works on this case now" in act(erin, "claim", case)
    stale = {"act": "dismiss", "case": f"{case.id}:1", "why": ""}
    assert "works on this case now" in erin.post(ACT, stale, follow=True).content.decode()
    assert str(case.id) not in erin.get(QUEUE, {"whose": "mine"}).content.decode()
    assert str(case.id) not in erin.get(QUEUE, {"whose": "free"}).content.decode()
    assert str(case.id) in dana.get(QUEUE, {"whose": "mine"}).content.decode()


def test_a_case_is_handed_over_noted_and_released(dana: Client, case: Case):
    erin = make_person("Erin", is_mod=True)
    theirs = client_of(erin)
    page = act(dana, "hand-over", case, to=str(erin.user_id))
    assert "<strong>Erin</strong> works on this" in page
    for nobody in ("", "x", str(uuid.uuid4())):
        assert "nobody who moderates" in act(dana, "hand-over", case, to=nobody)
    noted = theirs.post(f"/admin/cases/{case.id}/note/", {"text": "Known to us", "here": "case"}, follow=True)
    assert "Known to us" in noted.content.decode()
    assert (
        "may not be blank" in theirs.post(f"/admin/cases/{case.id}/note/", {"text": " "}, follow=True).content.decode()
    )
    assert CaseNote.objects.get().author_id == erin.user_id
    assert "Free for others again" in act(theirs, "release", case)


def test_a_removed_thing_is_put_back_from_its_case(dana: Client, alice: Person, case: Case):
    act(dana, "remove", case)
    page = f"/admin/cases/{case.id}/"
    assert "It can be put back until" in dana.get(page).content.decode()
    act(dana, "restore", case, here="case")
    assert "It can be put back until" not in dana.get(page).content.decode()
    assert alice.client.get(f"/api/strings/{case.target_id}").status_code == 200
    assert dana.get(f"/admin/cases/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize("body", [{}, {"act": "burn"}, {"act": "dismiss"}, {"act": "dismiss", "case": "x:y"}])
def test_nonsense_does_nothing_and_says_so(dana: Client, case: Case, body: dict[str, str]):
    assert "Choose a case" in dana.post(ACT, body, follow=True).content.decode()
    assert Case.objects.open().count() == 1


def test_without_a_reason_nothing_is_removed(dana: Client, case: Case):
    act(dana, "remove", case, why=" \0")
    assert Case.objects.open().count() == 1


def test_one_does_not_decide_about_oneself(alice: Person, bob: Person, case: Case):
    type(alice.profile).objects.filter(user_id=alice.user_id).update(is_mod=True)
    client = client_of(alice)
    assert "This is about yourself" in client.get(QUEUE).content.decode()
    assert "somebody else has to decide" in act(client, "dismiss", case)


def test_staff_open_a_case_of_what_nobody_reported(dana: Client, alice: Person):
    string = post_string(alice)
    body = {"target_type": "string", "target_id": string}
    answer = dana.post("/admin/cases/open/", body, follow=True)
    case = Case.objects.get()
    assert answer.redirect_chain[-1][0] == f"/admin/cases/{case.id}/"
    assert "Opened by Mod." in answer.content.decode()
    assert dana.post("/admin/cases/open/", body)["Location"] == f"/admin/cases/{case.id}/"
    assert (
        "Not found"
        in dana.post("/admin/cases/open/", {**body, "target_id": uuid.uuid4()}, follow=True).content.decode()
    )
    assert dana.post("/admin/cases/open/", {"target_type": "x"}).status_code == 404


def test_an_operator_without_an_account_works_the_queue_too(case: Case):
    client = Client()
    client.force_login(StaffUser.objects.create_superuser("operator@x.example", name="Olga"), BACKEND)
    act(client, "claim", case)
    assert "You work on this." in client.get(QUEUE).content.decode()
    act(client, "dismiss", case)
    assert "Olga" in client.get("/admin/moderation/auditentry/").content.decode()


def test_an_appeal_is_decided_by_somebody_else(dana: Client, alice: Person, mod: Person):
    suspend(mod, alice)
    sanction = Sanction.objects.get()
    alice.client.post("/api/appeals", {"sanction_id": str(sanction.id), "text": "It was not me."})
    appeal = Appeal.objects.get()
    body = {"appeal": str(appeal.id), "act": "grant", "answer": "You are right."}
    assert "You imposed this" in dana.get(APPEALS).content.decode()
    assert "somebody else has to decide" in dana.post(APPEALS, body, follow=True).content.decode()
    erin = client_of(make_person("Erin", is_mod=True))
    assert "It was not me." in erin.get(APPEALS).content.decode()
    assert "may not be blank" in erin.post(APPEALS, {**body, "answer": ""}, follow=True).content.decode()
    assert "Decided." in erin.post(APPEALS, body, follow=True).content.decode()
    assert "granted" in erin.post(APPEALS, body, follow=True).content.decode(), "decided already"
    assert not alice.caller.is_suspended
    assert erin.post(APPEALS, {"appeal": "x"}, follow=True).status_code == 200


def test_people_are_sanctioned_from_their_page_and_it_is_ended_there(dana: Client, alice: Person):
    page, address = f"/admin/people/{alice.user_id}/", f"/admin/people/{alice.user_id}/sanction/"
    body = {"message": "Enough.", "why": "Again"}
    assert "Choose what to do" in dana.post(address, body, follow=True).content.decode()
    dana.post(address, {**body, "act": "suspend-7"})
    assert alice.caller.is_suspended
    assert "suspended until" in dana.get(page).content.decode()
    sanction = Sanction.objects.get()
    assert f'value="{sanction.id}"' in dana.get(page).content.decode()
    dana.post(address, {"act": "lift", "sanction": str(sanction.id), "why": "Sorry"})
    assert not alice.caller.is_suspended
    assert Suspension.objects.filter(user_id=alice.user_id).exists(), "kept until Supabase's ban is lifted"
    assert "Not found" in dana.post(address, {"act": "lift", "sanction": "x", "why": "y"}, follow=True).content.decode()


def test_a_room_is_read_with_a_reason_that_the_trail_has(dana: Client, alice: Person, bob: Person):
    room = Room.objects.create(name="Chess")
    RoomParticipant.objects.create(room=room, user_id=alice.user_id)
    for number in range(3):
        Message.objects.create(
            room=room, user_id=alice.user_id, content=f"Move {number}", created_at=f"2026-11-0{number + 1}T10:00Z"
        )
    address = f"/admin/rooms/{room.id}/reading/"
    assert "Move" not in dana.get(address).content.decode()
    assert "Move" not in dana.post(address, {"reason": ""}).content.decode()
    assert not AuditEntry.objects.exists()
    assert "Move 2" in dana.post(address, {"reason": "A call for help"}).content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.why, entry.target_id) == ("room.read", "A call for help", room.id)
    newest = Message.objects.order_by("-created_at")[0]
    page = dana.post(address, {"reason": "More", "before": str(newest.id)}).content.decode()
    assert ("Move 1" in page, "Move 2" in page) == (True, False)
    assert dana.post(f"/admin/rooms/{uuid.uuid4()}/reading/", {"reason": "x"}).status_code == 404


def test_of_a_room_that_is_gone_the_case_says_so_and_leads_nowhere(dana: Client, alice: Person, bob: Person):
    room = Room.objects.create(name="Chess")
    for person in (alice, bob):
        RoomParticipant.objects.create(room=room, user_id=person.user_id)
    said = Message.objects.create(room=room, user_id=alice.user_id, content="You cheat")
    reading, gone = f"/admin/rooms/{room.id}/reading/", "It is not there any more"
    for one in [case_about(bob, "room", room.id), case_about(bob, "message", said.id)]:
        page = f"/admin/cases/{one.id}/"
        shown = dana.get(page).content.decode()
        assert (reading in shown, gone in shown, 'value="remove"' in shown) == (True, False, True)
        act(dana, "dismiss", one)
        with rolled_back():
            Room.objects.filter(id=room.id).delete()
            shown = dana.get(page).content.decode()
            assert (reading in shown, gone in shown, 'value="remove"' in shown) == (False, True, False)
            assert dana.get(reading).status_code == 404
            listed = dana.get("/admin/moderation/case/", {"q": str(one.target_id)}).content.decode()
            assert str(one.id) in listed, "what was decided, and of what, stays known"


def test_the_trail_goes_out_as_csv(dana: Client, alice: Person, bob: Person, case: Case):
    other = case_about(bob, "string", post_string(make_person("Zoe")))
    for one in (case, other):
        act(dana, "dismiss", one)

    def rows(question: str) -> list[dict[str, str]]:
        answer = dana.get("/admin/trail/export/", {"q": question})
        assert answer["Content-Disposition"].startswith("attachment")
        return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    assert len(rows("")) == 2
    assert [row["case_id"] for row in rows(str(alice.user_id))] == [str(case.id)]
    assert [row["case_id"] for row in rows(str(other.target_id))] == [str(other.id)]
    assert rows("everything") == []
    assert len(dana.get("/admin/moderation/auditentry/", {"q": str(alice.user_id)}).context["cl"].result_list) == 1
