"""The trail: every act of staff, written once; and what staff may do with cases (docs/database.md, The trail)."""

import csv
import io
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import StaffUser
from chat.services import room_read_for_staff
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room
from moderation import services
from moderation.models import AuditEntry, Case
from moderation.tests.acts import WHY, case_about, remove, report, restore, suspend
from moderation.trail import audit_csv
from strings.tests.posts import body_of, post_string

pytestmark = pytest.mark.django_db


def actions(case: Case) -> list[str]:
    return [entry.action for entry in AuditEntry.objects.of_case(case.id)][::-1]


def sign_in(person: Person) -> Person:
    """Make somebody a member of staff whom cases can be handed to."""
    StaffUser.objects.create_user(f"{person.name}@x.example", supabase_user_id=person.user_id, is_staff=True)
    return person


def test_every_act_is_in_it(alice: Person, bob: Person, mod: Person, admin: Person):
    sign_in(admin)
    case = case_about(bob, "string", post_string(alice))

    def act(name: str, by: Person = mod, **values: Any) -> int:
        version = Case.objects.get(id=case.id).version
        done: int = getattr(services, name)(caller=by.caller, case_id=case.id, version=version, **values)
        return done

    act("case_claim")
    act("case_release")
    act("case_claim")
    act("case_hand_over", to=admin.user_id)
    services.case_note(caller=mod.caller, case_id=case.id, text="He did it before.")
    remove(mod, case)
    restore(admin, case)
    act("case_warn", message="Be kind.")
    act("case_suspend", days=7, message="Enough.", why=WHY)
    assert actions(case) == [
        *("case.claimed", "case.released", "case.claimed", "case.handed_over", "case.received", "case.noted"),
        *("content.removed", "content.restored", "person.warned", "person.suspended"),
    ]
    removed = AuditEntry.objects.get(action="content.removed")
    assert (removed.actor_id, removed.person_id, removed.why) == (mod.user_id, alice.user_id, WHY)
    assert removed.before == {"status": "open", "decision": "", "is_claimed": True}
    assert removed.after == {"status": "decided", "decision": "removed", "is_claimed": True, "is_there": False}
    assert (AuditEntry.objects.get(action="person.suspended").after or {})["until"]
    assert AuditEntry.objects.get(action="case.received").actor_id == admin.user_id
    assert AuditEntry.objects.about("string", case.target_id).count() == 10
    assert AuditEntry.objects.about_person(alice.user_id).count() == 10
    assert AuditEntry.objects.by_actor(admin.user_id).count() == 2


def test_who_comes_second_is_told_what_the_first_did(alice: Person, bob: Person, mod: Person, admin: Person):
    case = case_about(bob, "string", post_string(alice))
    by_mod = {"caller": mod.caller, "case_id": case.id}
    services.case_claim(**by_mod, version=1)
    with pytest.raises(ConflictError, match="Mod works on this case now"):
        services.case_dismiss(caller=admin.caller, case_id=case.id, version=1)
    with pytest.raises(ConflictError, match="Mod works on this case now"):
        services.case_claim(caller=admin.caller, case_id=case.id, version=2)
    Case.objects.update(claimed_at="2026-01-01T00:00:00Z")
    assert services.case_claim(caller=admin.caller, case_id=case.id, version=2) == 3
    services.case_release(caller=admin.caller, case_id=case.id, version=3)
    with pytest.raises(ConflictError, match="has changed in the meantime"):
        services.case_dismiss(**by_mod, version=3)
    services.case_dismiss(**by_mod, version=4)
    with pytest.raises(ConflictError, match="Mod has decided this case already: dismissed"):
        services.case_dismiss(caller=admin.caller, case_id=case.id, version=4)
    with pytest.raises(ConflictError, match="You have decided this case already"):
        services.case_dismiss(**by_mod, version=4)
    for act in (services.case_dismiss, services.case_claim, services.case_release):
        with pytest.raises(ConflictError, match="decided already"):
            act(**by_mod, version=5)


def test_what_staff_cannot_do(alice: Person, bob: Person, mod: Person, admin: Person):
    case = case_about(bob, "string", post_string(alice))
    before = AuditEntry.objects.count()
    with pytest.raises(ForbiddenError):
        services.case_claim(caller=bob.caller, case_id=case.id, version=1)
    with pytest.raises(NotFoundError):
        services.case_claim(caller=mod.caller, case_id=uuid.uuid4(), version=1)
    for to in (bob.user_id, uuid.uuid4(), alice.user_id):
        with pytest.raises(ValidationFailedError):
            services.case_hand_over(caller=mod.caller, case_id=case.id, version=1, to=to)
    with pytest.raises(ValidationFailedError):
        services.case_note(caller=mod.caller, case_id=case.id, text=" ")
    assert AuditEntry.objects.count() == before


def test_the_database_refuses_every_change(alice: Person, mod: Person):
    suspend(mod, alice)
    entry = AuditEntry.objects.get()
    table = "django.moderation_auditentry"
    changes = [
        f"UPDATE {table} SET why = 'another'",
        f"UPDATE {table} SET actor_id = NULL",
        f"UPDATE {table} SET actor_id = gen_random_uuid()",
        f"UPDATE {table} SET person_id = NULL, case_id = NULL, target_id = NULL, why = NULL, before = NULL, after = NULL",
        f"UPDATE {table} SET at = now()",
        f"UPDATE {table} SET id = id + 1",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ]
    for change in changes:
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    entry.refresh_from_db()
    assert (entry.actor_id, entry.why) == (mod.user_id, WHY)


def test_an_erasure_forgets_and_does_nothing_else(alice: Person, bob: Person, mod: Person, admin: Person):
    suspend(mod, alice)
    suspend(admin, bob)
    for person in (alice, mod):
        assert admin.client.delete(f"/api/users/{person.user_id}").status_code == 204
    about_alice, about_bob, *erasures = AuditEntry.objects.order_by("id")
    assert [(one.action, one.person_id, one.actor_id) for one in erasures] == [
        ("person.erased", None, admin.user_id)
    ] * 2
    assert (about_alice.person_id, about_alice.actor_id, about_alice.why, about_alice.after) == (None, None, None, None)
    assert about_alice.action == "person.suspended"
    assert (about_bob.person_id, about_bob.actor_id, about_bob.why) == (bob.user_id, admin.user_id, WHY)
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        AuditEntry.objects.filter(id=about_alice.id).update(action="nothing")


def test_it_comes_as_csv_that_no_spreadsheet_runs(alice: Person, mod: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("moderation.trail.BATCH", 2)
    formulas = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1"]
    for why in (*formulas, "Insults, = as before"):
        services.person_warn(caller=mod.caller, user_id=alice.user_id, message="x", why=why)
    rows = list(csv.DictReader(io.StringIO(b"".join(audit_csv(AuditEntry.objects.all())).decode(), newline="")))
    assert [int(row["id"]) for row in rows] == list(AuditEntry.objects.newest().values_list("id", flat=True))
    assert [row["why"] for row in rows[::-1]] == [*(f"'{why}" for why in formulas), "Insults, = as before"]
    assert {row["person_id"] for row in rows} == {str(alice.user_id)}
    assert len(list(audit_csv(AuditEntry.objects.about_person(mod.user_id)))) == 1


def test_staff_do_not_read_rooms_without_a_trace(alice: Person, bob: Person, mod: Person):
    room = make_room(alice, bob)
    said = [
        body_of(alice.client.post(f"/api/rooms/{room}/messages", {"content": text}), 201)["data"]["id"]
        for text in ("one", "two")
    ]
    with pytest.raises(ValidationFailedError):
        room_read_for_staff(caller=mod.caller, room_id=room)
    with pytest.raises(ForbiddenError):
        room_read_for_staff(caller=bob.caller, room_id=room, reason="curious")
    for wrong in ({"room_id": uuid.uuid4()}, {"room_id": room, "before": uuid.uuid4()}):
        with pytest.raises(NotFoundError):
            room_read_for_staff(caller=mod.caller, reason=WHY, **wrong)
    assert not AuditEntry.objects.exists()

    assert [line.text for line in room_read_for_staff(caller=mod.caller, room_id=room, reason=WHY)] == ["two", "one"]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id, entry.why, entry.actor_id) == ("room.read", room, WHY, mod.user_id)
    assert entry.after == {"messages": 2, "has_case": False}

    case_about(bob, "message", said[0])
    lines = room_read_for_staff(caller=mod.caller, room_id=room, before=uuid.UUID(said[1]))
    assert [(line.text, line.name) for line in lines] == [("one", "Alice")]
    assert AuditEntry.objects.count() == 2


def test_the_queue_puts_what_is_urgent_first(alice: Person, bob: Person, charlie: Person, mod: Person):
    strings = [post_string(alice) for _ in range(4)]
    for string, reason in zip(strings, ("spam", "spam", "violence", "hate"), strict=True):
        report(bob, "string", string, reason)
    report(charlie, "string", strings[1])
    queue = Case.objects.for_queue().with_history()
    assert [str(case.target_id) for case in queue] == [strings[2], strings[3], strings[1], strings[0]]

    first, second, *_ = queue
    remove(mod, first)
    services.case_dismiss(caller=mod.caller, case_id=second.id, version=1)
    suspend(mod, alice)
    left = queue.all()
    history = {(case.past_cases, case.past_dismissals, case.past_sanctions) for case in left}
    assert history == {(1, 1, 1)}
    services.case_claim(caller=mod.caller, case_id=left[0].id, version=1)
    assert queue.free_for(mod.user_id).count() == 2
    assert queue.free_for(bob.user_id).count() == 1
    assert Case.objects.claimed_by_person(mod.user_id).count() == 1
    assert [case.decision for case in Case.objects.decided()] == ["dismissed", "removed"]
    assert Case.objects.about_person(alice.user_id).count() == 4
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        plan = Case.objects.for_queue().with_history()[:50].explain()
        cursor.execute("RESET enable_seqscan")
    assert "case_queue" in plan
