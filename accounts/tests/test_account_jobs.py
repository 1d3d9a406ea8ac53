"""Jobs about accounts, run by a real worker over real Redis, with a server on loopback in Supabase Auth's place."""

import time
import uuid
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuthUser, StaffUser, Suspension, UserProfile
from accounts.services import orphans_sweep
from accounts.tasks import delete_supabase_user, sweep_orphans
from accounts.tests.auth_client import AuthClient
from accounts.tests.jobs import Jobs, eventually
from accounts.tests.supabase_server import Answer, SupabaseServer
from events.models import Event
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, client_for, make_person
from strings import services as string_services
from strings.models import String, StringLike

DELETED = Answer(200, {})
GONE = Answer(404, {"code": "user_not_found", "msg": "User not found"})
BROKEN = Answer(500, {"code": "unexpected_failure", "msg": "Database error deleting user"})
PENDING = "django.accounts_erasedaccount"


def deletion_of(person: Person) -> str:
    return f"DELETE admin/users/{person.user_id}"


@pytest.mark.django_db(transaction=True)
class TestDeletingTheSupabaseAccount:
    def test_is_enqueued_exactly_once_and_after_the_commit(self, jobs: Jobs, alice: Person, admin: Person, bob: Person):
        alice.client.delete("/api/me")
        assert jobs.waiting == [("accounts.delete_supabase_user", (str(alice.user_id),))]
        admin.client.delete(f"/api/users/{bob.profile.id}")
        assert jobs.waiting[1:] == [("accounts.delete_supabase_user", (str(bob.user_id),))]

    def test_is_not_enqueued_when_nothing_was_erased(
        self, jobs: Jobs, alice: Person, charlie: Person, mod: Person, admin: Person, settings: Any
    ):
        for person in (charlie, mod):
            assert_error(person.client.delete(f"/api/users/{alice.user_id}"), 403)
        assert_error(admin.client.delete(f"/api/users/{uuid.uuid4()}"), 404)
        Suspension.objects.create(user_id=alice.user_id)
        assert_error(alice.client.delete("/api/me"), 403, "suspended")
        settings.SUPABASE_SERVICE_KEY = ""
        assert charlie.client.delete("/api/me").status_code == 204
        assert jobs.waiting == []

    def test_is_not_enqueued_when_the_erasure_fails(self, jobs: Jobs, alice: Person, monkeypatch: pytest.MonkeyPatch):
        def fail(user_id: uuid.UUID) -> None:
            raise RuntimeError("an app could not erase its part")

        monkeypatch.setattr("accounts.services.erasure._erasers", [fail])
        alice.client.raise_request_exception = False
        assert_error(alice.client.delete("/api/me"), 500, "server_error")
        assert alice.profile
        assert jobs.waiting == []

    def test_asks_supabase_with_the_service_key(
        self, jobs: Jobs, worker: None, supabase: SupabaseServer, alice: Person
    ):
        supabase.answers[deletion_of(alice)] = DELETED
        alice.client.delete("/api/me")
        eventually(lambda: not jobs.waiting)
        (seen,) = supabase.requests
        assert f"{seen.method} {seen.path}" == deletion_of(alice)
        assert (seen.headers["authorization"], seen.headers["apikey"]) == ("Bearer service key", "service key")
        assert seen.body == {"should_soft_delete": False}
        assert jobs.dead == []

    def test_is_done_where_there_is_no_such_account(
        self, jobs: Jobs, worker: None, supabase: SupabaseServer, alice: Person
    ):
        supabase.answers[deletion_of(alice)] = GONE
        delete_supabase_user.send(str(alice.user_id))
        eventually(lambda: supabase.requests and not jobs.waiting)
        time.sleep(0.2)
        assert len(supabase.requests) == 1
        assert jobs.dead == []

    @pytest.mark.parametrize(
        "trouble",
        [BROKEN, Answer(502, b"<html>Bad Gateway</html>"), Answer(200, b"<html>"), Answer(401, {"msg": "bad key"}),
         Answer(403, {"code": "not_admin", "msg": "no"}), Answer(429, {"code": "over_request_rate_limit", "msg": "slowly"}),
         Answer(404, b"<html>no such project</html>"), Answer(200, {}, pause=0.7)],
        ids=["500", "502", "no-json", "key-refused", "not-admin", "too-fast", "no-project", "too-slow"],
    )  # fmt: skip
    def test_is_tried_again_until_it_works(
        self, jobs: Jobs, worker: None, supabase: SupabaseServer, alice: Person, trouble: Answer
    ):
        supabase.answers[deletion_of(alice)] = trouble
        delete_supabase_user.send(str(alice.user_id))
        eventually(lambda: len(supabase.requests) >= 3)
        assert jobs.waiting, "it is still to be done"
        supabase.answers[deletion_of(alice)] = DELETED
        eventually(lambda: not jobs.waiting)
        assert jobs.dead == []

    def test_is_given_up_after_so_many_attempts_and_kept_for_an_operator(
        self, jobs: Jobs, worker: None, supabase: SupabaseServer, alice: Person, monkeypatch: pytest.MonkeyPatch
    ):
        assert 5 <= delete_supabase_user.options["max_retries"] <= 50
        monkeypatch.setitem(delete_supabase_user.options, "max_retries", 2)
        supabase.answers[deletion_of(alice)] = BROKEN
        delete_supabase_user.send(str(alice.user_id))
        eventually(lambda: jobs.dead)
        assert jobs.dead == [(str(alice.user_id),)]
        assert len(supabase.requests) == 3

    def test_twice_is_harmless(
        self, jobs: Jobs, worker: None, supabase: SupabaseServer, alice: Person, charlie: Person
    ):
        string = charlie.client.post("/api/strings", {"content_text": "stays"}).json()["data"]["id"]
        supabase.answers[deletion_of(alice)] = DELETED
        alice.client.delete("/api/me")
        eventually(lambda: not jobs.waiting)
        supabase.answers[deletion_of(alice)] = GONE
        for _ in range(3):
            delete_supabase_user.send(str(alice.user_id))
        eventually(lambda: not jobs.waiting)
        assert jobs.dead == []
        assert (charlie.profile.user_id, str(String.objects.get().id)) == (charlie.user_id, string)

    def test_takes_along_what_was_written_after_the_erasure(
        self, jobs: Jobs, worker: None, supabase: SupabaseServer, alice: Person, bob: Person
    ):
        supabase.answers[deletion_of(alice)] = BROKEN
        late = alice.caller
        string = bob.client.post("/api/strings", {"content_text": "bob's"}).json()["data"]["id"]
        alice.client.delete("/api/me")
        # One request was let in before the erasure, another comes while Supabase still has the account.
        string_services.string_like(caller=late, string_id=uuid.UUID(string))
        values = {"content_text": "too late"}
        string_services.string_create(caller=late, string_id=uuid.uuid4(), values=values)
        assert_error(alice.client.get("/api/me"), 401, "user_not_found")
        Event.objects.create(user_id=alice.user_id, title="too late", start_time=timezone.now())

        attempts = len(supabase.requests)
        eventually(lambda: len(supabase.requests) >= attempts + 2)
        assert not UserProfile.objects.filter(user_id=alice.user_id).exists()
        assert not StringLike.objects.exists()
        assert not Event.objects.exists()
        assert [(str(one.id), one.likes_count) for one in String.objects.all()] == [(string, 0)]
        with connection.cursor() as cursor:
            # What Supabase does then: nothing may be left that refers to the account.
            cursor.execute("DELETE FROM auth.users WHERE id = %s", [alice.user_id])
        assert_error(alice.client.get("/api/me"), 401, "user_not_found")


_TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'auth', 'django')
"""


def traces(*needles: object) -> dict[str, int]:
    """How many rows of which tables mention one of these, in any column."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            mentions = " OR ".join(["t::text ILIKE %s"] * len(needles))
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE {mentions}", [f"%{needle}%" for needle in needles])
            if count := (cursor.fetchone() or (0,))[0]:
                found[table] = count
    return found


@pytest.mark.django_db
def test_in_local_mode_nothing_is_left_in_any_table(auth: AuthClient, bob: Person):
    email = "alice@lifestring.example"
    session = auth.sign_up(email, data={"name": "Alice"})
    user_id = session["user"]["id"]
    auth.sign_in(email)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {session['access_token']}")
    client.post("/api/strings", {"content_text": "hello"})
    own = {"auth.users", "auth.sessions", "auth.refresh_tokens", "public.user_profiles", "public.strings"}
    assert traces(user_id).keys() == own, "what is looked for would be found"
    before = traces(bob.user_id)

    assert client.delete("/api/me").status_code == 204
    assert [table for table in traces(user_id, email) if not table.startswith("auth.")] == [PENDING]
    for _ in range(2):
        delete_supabase_user(user_id)

    assert traces(user_id, email) == {}
    assert traces(bob.user_id) == before
    assert_error(client.get("/api/me"), 401, "user_not_found")
    assert auth.sign_in(email).status_code == 400


@pytest.mark.django_db
class TestSweepingOrphans:
    def people(self) -> tuple[uuid.UUID, uuid.UUID]:
        """The ids of somebody who is there and of somebody who was."""
        present, gone = make_person("Present").user_id, uuid.uuid4()
        for user_id in (present, gone):
            Suspension.objects.create(user_id=user_id)
            StaffUser.objects.create_user(f"{user_id}@lifestring.example", supabase_user_id=user_id)
        StaffUser.objects.create_superuser("operator@lifestring.example", "a long passphrase")
        return present, gone

    def test_removes_what_no_account_belongs_to_and_nothing_else(self):
        present, _ = self.people()
        assert orphans_sweep() == 2
        assert [one.user_id for one in Suspension.objects.all()] == [present]
        staff = StaffUser.objects.order_by("email").values_list("supabase_user_id", flat=True)
        assert set(staff) == {present, None}
        assert orphans_sweep() == 0

    def test_keeps_those_whose_profile_alone_is_missing(self):
        present, _ = self.people()
        UserProfile.objects.filter(user_id=present).delete()
        orphans_sweep()
        assert Suspension.objects.filter(user_id=present).exists()

    @pytest.mark.django_db(transaction=True)
    def test_is_a_job_of_the_worker(self, jobs: Jobs, worker: None):
        present, gone = self.people()
        for _ in range(3):
            sweep_orphans.send()
        eventually(lambda: not jobs.waiting)
        assert jobs.dead == []
        assert not Suspension.objects.filter(user_id=gone).exists()
        assert Suspension.objects.filter(user_id=present).exists()
        assert AuthUser.objects.filter(id=present).exists()
        assert client_for(present).get("/api/me").status_code == 200
