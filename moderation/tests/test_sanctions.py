"""Warnings, suspensions and appeals: at once, everywhere, and no longer than they last (docs/api.md, Moderation)."""

import time
from datetime import timedelta
from typing import Any

import dramatiq
import pytest
from django.utils import timezone

from accounts.models import AuthUser, StaffUser, Suspension
from accounts.staff.callers import staff_caller
from accounts.tests.supabase_server import Answer, SupabaseServer
from chat.tests.sockets import in_thread, opened, socket_for, story
from lifestring.errors import ConflictError, DomainError, ForbiddenError, ValidationFailedError
from lifestring.local.secrets import LocalSecrets
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, client_for, make_person, make_token
from moderation import services
from moderation.models import Appeal, Sanction
from moderation.staff import moderators, staff_names
from moderation.tasks import follow_suspension, follow_suspensions
from moderation.tests.acts import WHY, case_about, report, suspend

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-4000-8000-000000000000"


def writes(person: Person) -> Any:
    return person.client.post("/api/strings", {"content_text": "x"})


def appeal(person: Person, sanction_id: Any, text: str = "That was a quotation.") -> Any:
    return person.client.post("/api/appeals", {"sanction_id": str(sanction_id), "text": text})


def sanctions(person: Person) -> Any:
    answer = person.client.get("/api/my/sanctions")
    assert_documented(answer)
    return answer.json()["data"]


@pytest.mark.parametrize("days", [1, 7, 30, None])
def test_a_suspension_takes_writing_away_for_so_long(alice: Person, bob: Person, mod: Person, days: int | None):
    case = case_about(bob, "user", alice.user_id)
    services.case_suspend(caller=mod.caller, case_id=case.id, version=case.version, days=days, message="Enough.")
    assert_error(writes(alice), 403, "suspended")
    (seen,) = sanctions(alice)
    assert (seen["kind"], seen["reason"], seen["is_active"], seen["target_type"]) == (
        "suspension",
        "Enough.",
        True,
        "user",
    )
    assert (seen["ends_at"] is None) == (days is None)
    if days is not None:
        until = Suspension.objects.get().until
        assert until is not None
        assert timedelta(0) < timezone.now() + timedelta(days=days) - until < timedelta(minutes=1)
    moment = timezone.now() - timedelta(minutes=1)
    Sanction.objects.update(ends_at=moment)
    Suspension.objects.update(until=moment)
    assert writes(alice).status_code == 201, "it ends by itself"
    assert sanctions(alice)[0]["is_active"] is False


def test_the_longest_counts_and_lifting_brings_back_the_next(alice: Person, mod: Person, admin: Person):
    week, for_good, _ = suspend(mod, alice, 7), suspend(admin, alice, None), suspend(mod, alice, 1)
    assert Suspension.objects.get().until is None
    services.sanction_lift(caller=mod.caller, sanction_id=for_good, why=WHY)
    assert Suspension.objects.get().until == Sanction.objects.get(id=week).ends_at
    services.sanction_lift(caller=mod.caller, sanction_id=week, why=WHY)
    assert_error(writes(alice), 403, "suspended")
    services.sanction_lift(caller=mod.caller, sanction_id=Sanction.objects.in_force().get().id, why=WHY)
    assert writes(alice).status_code == 201
    with pytest.raises(ConflictError, match="over"):
        services.sanction_lift(caller=mod.caller, sanction_id=week, why=WHY)


def test_whom_staff_may_sanction(alice: Person, bob: Person, mod: Person, admin: Person):
    other = make_person("Mod Two", is_mod=True)
    for by, person in ((mod, mod), (mod, other), (mod, admin), (admin, admin), (bob, alice)):
        with pytest.raises(ForbiddenError):
            suspend(by, person)
    suspend(admin, other)
    with pytest.raises(ForbiddenError, match="suspended"):
        suspend(other, alice)
    for days in (0, -1, 100_000):
        with pytest.raises(ValidationFailedError):
            suspend(mod, alice, days)
    with pytest.raises(ValidationFailedError):
        services.person_warn(caller=mod.caller, user_id=alice.user_id, message=" ")
    case = case_about(bob, "user", mod.user_id)
    with pytest.raises(ForbiddenError, match="about yourself"):
        services.case_dismiss(caller=mod.caller, case_id=case.id, version=1)
    assert Sanction.objects.count() == 1


def test_the_suspended_appeal_and_somebody_else_decides(alice: Person, bob: Person, mod: Person, admin: Person):
    first, second = suspend(mod, alice), suspend(admin, alice, None)
    made = appeal(alice, first)
    assert made.status_code == 201, made.content
    assert_documented(made)
    assert_error(appeal(alice, first), 422, "conflict", field="sanction_id")
    for person, sanction in ((bob, first), (alice, NOBODY)):
        assert_error(appeal(person, sanction), 422, "validation_failed", field="sanction_id")
    for text in ("", " ", "x" * 5001, None, "a\x00"):
        assert_error(appeal(alice, second, text), 422, "validation_failed", field="text")  # type: ignore[arg-type]

    found = Appeal.objects.get()
    assert list(Appeal.objects.for_queue(mod.user_id)) == []
    assert list(Appeal.objects.for_queue(admin.user_id)) == [found]
    with pytest.raises(ForbiddenError, match="somebody else"):
        services.appeal_decide(caller=mod.caller, appeal_id=found.id, grant=True, answer="Fine.")
    with pytest.raises(ForbiddenError):
        services.appeal_decide(caller=bob.caller, appeal_id=found.id, grant=True, answer="Fine.")
    services.appeal_decide(caller=admin.caller, appeal_id=found.id, grant=True, answer="You are right.")
    assert_error(writes(alice), 403, "suspended")
    with pytest.raises(ConflictError, match="Admin has decided this already: granted"):
        services.appeal_decide(
            caller=make_person("X", is_mod=True).caller, appeal_id=found.id, grant=False, answer="No."
        )

    assert appeal(alice, second, "And this one?").status_code == 201
    services.appeal_decide(caller=mod.caller, appeal_id=Appeal.objects.waiting().get().id, grant=False, answer="No.")
    states = {row["id"]: row["appeal"] for row in sanctions(alice)}
    assert (states[str(first)]["status"], states[str(first)]["answer"]) == ("granted", "You are right.")
    assert states[str(second)]["status"] == "refused"
    assert str(admin.user_id) not in str(states)


def test_a_sanction_that_is_over_is_not_appealed_against(alice: Person, mod: Person):
    sanction = suspend(mod, alice)
    services.sanction_lift(caller=mod.caller, sanction_id=sanction, why=WHY)
    assert_error(appeal(alice, sanction), 422, "conflict")
    warning = services.person_warn(caller=mod.caller, user_id=alice.user_id, message="Be kind.")
    assert appeal(alice, warning).status_code == 201
    assert writes(alice).status_code == 201, "a warning forbids nothing"


def test_operators_without_an_account_moderate_too(alice: Person, mod: Person):
    operator = StaffUser.objects.create_superuser("operator@lifestring.example", "a good password")
    caller = staff_caller(operator)
    assert (caller.is_admin, staff_names([caller.user_id])) == (True, {caller.user_id: "operator@lifestring.example"})
    assert moderators() == [(caller.user_id, "operator@lifestring.example")]
    services.person_suspend(caller=caller, user_id=mod.user_id, days=1, message="No.")
    assert_error(writes(mod), 403, "suspended")
    signed_in = StaffUser.objects.create_user("m@lifestring.example", supabase_user_id=mod.user_id, is_staff=True)
    assert staff_caller(signed_in).is_suspended


class TestSupabasesBan:
    def test_follows_the_suspension_and_takes_nothing_else_away(
        self, local_mode: LocalSecrets, alice: Person, mod: Person
    ):
        sanction = suspend(mod, alice)
        alice = Person(alice.user_id, alice.name, client_for(alice.user_id))
        follow_suspension(str(alice.user_id))
        account, suspension = AuthUser.objects.get(id=alice.user_id), Suspension.objects.get()
        assert account.banned_until is not None
        assert suspension.until is not None
        assert abs(account.banned_until - suspension.until) < timedelta(minutes=1)
        assert_error(writes(alice), 403, "suspended")
        assert_error(alice.client.patch("/api/me", {"biography": {"bio": "x"}}), 403, "suspended")
        assert_error(report(alice, "user", mod.user_id), 403, "suspended")
        (seen,) = sanctions(alice)
        assert (seen["id"], seen["is_active"]) == (str(sanction), True)
        assert appeal(alice, sanction).status_code == 201
        assert alice.client.get("/api/me/export").status_code == 200

        mod = Person(mod.user_id, mod.name, client_for(mod.user_id))
        services.sanction_lift(caller=mod.caller, sanction_id=sanction, why=WHY)
        assert writes(alice).status_code == 201, "also before Supabase has lifted its ban"
        for _ in range(2):
            follow_suspension(str(alice.user_id))
            assert AuthUser.objects.get(id=alice.user_id).banned_until is None
        assert Suspension.objects.get().banned_until is None

    def test_of_somebody_elses_making_stays(self, local_mode: LocalSecrets, alice: Person, mod: Person):
        until = timezone.now() + timedelta(days=400)
        AuthUser.objects.filter(id=alice.user_id).update(banned_until=until)
        sanction = suspend(mod, alice)
        follow_suspension(str(alice.user_id))
        services.sanction_lift(caller=mod.caller, sanction_id=sanction, why=WHY)
        follow_suspension(str(alice.user_id))
        assert AuthUser.objects.get(id=alice.user_id).banned_until == until
        assert_error(client_for(alice.user_id).get("/api/me"), 403, "user_banned")

    def test_for_good_and_shortened_again(self, local_mode: LocalSecrets, alice: Person, mod: Person, settings: Any):
        for_good, _ = suspend(mod, alice, None), suspend(mod, alice, 1)
        follow_suspension(str(alice.user_id))
        banned_until = AuthUser.objects.get(id=alice.user_id).banned_until
        assert banned_until is not None
        assert banned_until > timezone.now() + timedelta(days=36000)
        services.sanction_lift(caller=mod.caller, sanction_id=for_good, why=WHY)
        follow_suspension(str(alice.user_id))
        banned_until = AuthUser.objects.get(id=alice.user_id).banned_until
        assert banned_until is not None
        assert banned_until < timezone.now() + timedelta(days=2)
        settings.SUSPENSION_BANS = False
        follow_suspension(str(alice.user_id))
        assert AuthUser.objects.get(id=alice.user_id).banned_until is None
        assert_error(writes(Person(alice.user_id, "", client_for(alice.user_id))), 403, "suspended")

    def test_is_asked_for_by_the_admin_api_until_it_is_there(
        self, supabase: SupabaseServer, alice: Person, mod: Person, monkeypatch: Any, settings: Any
    ):
        asked: list[str] = []
        monkeypatch.setattr("moderation.services.bans.enqueue_on_commit", lambda *args: asked.append(args[1]))
        suspend(mod, alice, None)
        path = f"admin/users/{alice.user_id}"
        supabase.answers[f"PUT {path}"] = Answer(503, {"msg": "away"})
        with pytest.raises(DomainError):
            follow_suspension(str(alice.user_id))
        assert_error(writes(alice), 403, "suspended")
        follow_suspensions()
        assert asked == [str(alice.user_id)]

        supabase.answers[f"PUT {path}"] = Answer(200, {"id": str(alice.user_id)})
        follow_suspension(str(alice.user_id))
        (_, seen) = supabase.requests
        assert seen.body == {"ban_duration": f"{36500 * 86400}s"}
        assert seen.headers["authorization"] == "Bearer service key"
        AuthUser.objects.filter(id=alice.user_id).update(banned_until=timezone.now() + timedelta(days=36500))
        follow_suspensions()
        follow_suspension(str(alice.user_id))
        assert (len(asked), len(supabase.requests)) == (1, 2), "it is there"

        supabase.answers[f"PUT {path}"] = Answer(404, {"code": "user_not_found", "msg": "gone"})
        AuthUser.objects.filter(id=alice.user_id).update(banned_until=None)
        follow_suspension(str(alice.user_id))
        settings.SUPABASE_SERVICE_KEY = ""
        follow_suspension(str(alice.user_id))
        follow_suspensions()
        assert (len(asked), len(supabase.requests)) == (1, 3)


@pytest.mark.django_db(transaction=True)
def test_a_job_follows_each_suspension_where_there_is_a_key(alice: Person, mod: Person, settings: Any):
    broker: Any = dramatiq.get_broker()
    broker.flush_all()
    settings.SUPABASE_SERVICE_KEY = ""
    suspend(mod, alice)
    settings.SUPABASE_SERVICE_KEY = "service key"
    suspend(mod, alice)
    messages = broker.client.hvals(f"{broker.namespace}:moderation.msgs")
    sent = [dramatiq.Message.decode(raw) for raw in messages]
    assert [(message.actor_name, tuple(message.args)) for message in sent] == [
        ("moderation.follow_suspension", (str(alice.user_id),))
    ]
    broker.flush_all()


@pytest.mark.django_db(transaction=True)
def test_an_open_socket_is_cut_at_once(alice: Person, bob: Person, mod: Person) -> None:
    @story
    async def run() -> None:
        async with opened(alice) as socket, opened(bob) as other:
            began = time.monotonic()
            await in_thread(suspend)(mod, alice)
            assert await socket.frame() == {"type": "suspended"}
            assert await socket.close_code() == 4403
            assert time.monotonic() - began < 2
            assert await other.ask(type="ping", ref="p") == {"type": "pong", "ref": "p"}
        again = socket_for(make_token(alice.user_id))
        await again.connect()
        assert await again.frame() == {"type": "suspended"}
        assert await again.close_code() == 4403

    run()


@pytest.mark.django_db(transaction=True)
def test_a_ban_that_follows_does_not_hide_the_suspension_from_sockets(alice: Person, mod: Person) -> None:
    @story
    async def run() -> None:
        async with opened(alice) as socket:
            until = timezone.now() + timedelta(days=1)
            await in_thread(Suspension.objects.create)(user_id=alice.user_id, until=until, banned_until=until)
            await in_thread(AuthUser.objects.filter(id=alice.user_id).update)(banned_until=until)
            assert await socket.frame() == {"type": "suspended"}
            assert await socket.close_code() == 4403

    run()
