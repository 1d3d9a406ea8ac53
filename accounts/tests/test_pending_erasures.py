"""Between an erasure and the end of the Supabase account: it signs nobody in, comes back to nothing, and is not forgotten."""

import asyncio
import threading
import time
import uuid
from datetime import timedelta
from typing import Any

import dramatiq
import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone
from dramatiq.brokers.redis import RedisBroker

from accounts.models import AuthUser, ErasedAccount, StaffUser, UserProfile
from accounts.services import erasure_finish, erasures_resume, orphans_sweep, profile_ensure
from accounts.socket_auth import sign_in
from accounts.tasks import delete_supabase_user, resume_erasures
from accounts.tests.auth_client import PASSWORD, AuthClient
from accounts.tests.jobs import Jobs, eventually
from accounts.tests.supabase_server import Answer, SupabaseServer
from accounts.tokens import TokenError
from lifestring.local.ports import free_port
from lifestring.local.secrets import LocalSecrets
from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, make_person, make_token
from strings.models import String

pytestmark = pytest.mark.django_db

DELETE = "accounts.delete_supabase_user"


def pending() -> set[uuid.UUID]:
    return set(ErasedAccount.objects.values_list("user_id", flat=True))


def profiles(person: Person) -> int:
    return UserProfile.objects.filter(user_id=person.user_id).count()


def account_goes(person: Person) -> None:
    """What Supabase Auth does when it is asked to."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM auth.users WHERE id = %s", [person.user_id])


@pytest.fixture
def without_redis(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Jobs that are sent now are lost; `undo()` brings Redis back."""
    away = RedisBroker(url=f"redis://127.0.0.1:{free_port()}/0", namespace=jobs.broker.namespace)
    monkeypatch.setattr(jobs.broker, "client", away.client)
    monkeypatch.setattr(jobs.broker, "scripts", away.scripts)
    return monkeypatch


class TestSomebodyErased:
    @pytest.mark.parametrize("by", ["themself", "an admin"])
    def test_is_signed_in_nowhere_from_then_on(self, alice: Person, admin: Person, by: str):
        client = alice.client if by == "themself" else admin.client
        assert client.delete("/api/me" if by == "themself" else f"/api/users/{alice.user_id}").status_code == 204
        for method, path in (("get", "/me"), ("get", "/strings"), ("post", "/strings"), ("delete", "/me")):
            answer = getattr(alice.client, method)(f"/api{path}", {"content_text": "still here"})
            assert_error(answer, 401, "user_not_found")
        assert not String.objects.exists()
        assert profiles(alice) == 0
        assert pending() == {alice.user_id}
        assert AuthUser.objects.filter(id=alice.user_id).exists(), "all of it while Supabase has the account"
        assert admin.client.get("/api/me").status_code == 200
        assert_error(admin.client.post("/api/users", {"user_id": str(alice.user_id)}), 422, field="user_id")
        assert profiles(alice) == 0

    @pytest.mark.django_db(transaction=True)
    def test_opens_no_socket(self, alice: Person):
        token = make_token(alice.user_id)
        assert asyncio.run(sign_in(token))[0].user_id == alice.user_id
        alice.client.delete("/api/me")
        with pytest.raises(TokenError) as refused:
            asyncio.run(sign_in(token))
        assert (refused.value.status, refused.value.code) == (401, "user_not_found")

    def test_neither_enters_the_admin_nor_stays_in_it(self, auth: AuthClient):
        user_id = auth.sign_up("ada@lifestring.example")["user"]["id"]
        UserProfile.objects.filter(user_id=user_id).update(is_admin=True)
        form = {"username": "ada@lifestring.example", "password": PASSWORD}
        client = Client()
        client.post("/admin/login/", form)
        assert client.get("/admin/").status_code == 200
        ErasedAccount.objects.create(user_id=user_id)
        assert client.get("/admin/").status_code == 302, "although the profile is there, made again by somebody"
        StaffUser.objects.all().delete()
        client.post("/admin/login/", form)
        assert client.get("/admin/").status_code == 302
        assert not StaffUser.objects.exists()

    def test_without_the_service_key_begins_anew(self, alice: Person, settings: Any):
        settings.SUPABASE_SERVICE_KEY = ""
        alice.client.put("/api/me", {"biography": {"bio": "before"}})
        alice.client.delete("/api/me")
        assert pending() == set()
        data = alice.client.get("/api/me").json()["data"]
        assert (data["name"], data["biography"]["bio"]) == ("Alice", "")

    def test_refused_or_undone_nothing_is_pending(
        self, alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
    ):
        assert_error(charlie.client.delete(f"/api/users/{alice.user_id}"), 403)

        def fail(user_id: uuid.UUID) -> None:
            raise RuntimeError("an app could not erase its part")

        monkeypatch.setattr("accounts.services.erasure._erasers", [fail])
        alice.client.raise_request_exception = False
        assert_error(alice.client.delete("/api/me"), 500)
        assert pending() == set()
        assert alice.client.get("/api/me").status_code == 200


@pytest.mark.django_db(transaction=True)
class TestTheDeletion:
    def test_lost_with_redis_is_asked_for_again(
        self, alice: Person, jobs: Jobs, without_redis: pytest.MonkeyPatch, supabase: SupabaseServer
    ):
        assert alice.client.delete("/api/me").status_code == 204
        assert pending() == {alice.user_id}
        assert_error(alice.client.get("/api/me"), 401, "user_not_found")
        assert erasures_resume() == 1, "lost again, without an error"
        without_redis.undo()
        assert jobs.waiting == []
        resume_erasures()
        assert jobs.waiting == [(DELETE, (str(alice.user_id),))]

    def test_is_done_by_the_worker_and_then_forgotten(
        self, local_mode: LocalSecrets, alice: Person, bob: Person, jobs: Jobs, worker: None
    ):
        ErasedAccount.objects.create(user_id=uuid.uuid4())
        alice.client.delete("/api/me")
        resume_erasures.send()
        eventually(lambda: not jobs.waiting and pending() == set())
        assert jobs.dead == []
        assert set(AuthUser.objects.values_list("id", flat=True)) == {bob.user_id}
        for _ in range(2):
            delete_supabase_user(str(alice.user_id))
        assert pending() == set()

    def test_is_asked_for_the_longest_waiting_first_and_only_with_a_key(self, jobs: Jobs, settings: Any):
        ids = [uuid.uuid4() for _ in range(3)]
        for age, user_id in enumerate(ids):
            ErasedAccount.objects.create(user_id=user_id, erased_at=timezone.now() - timedelta(days=age))
        assert erasures_resume() == 3
        assert {args for _, args in jobs.waiting} == {(str(user_id),) for user_id in ids}
        jobs.broker.flush_all()
        settings.SUPABASE_SERVICE_KEY = ""
        assert erasures_resume() == 0
        assert jobs.waiting == []
        assert pending() == set(ids), "whoever takes the key away does not open these accounts again"

    @pytest.mark.parametrize("answer", [Answer(200, {}), Answer(404, {"code": "user_not_found", "msg": "no"})])
    def test_that_was_claimed_but_did_not_happen_bars_the_account_on(
        self, alice: Person, jobs: Jobs, supabase: SupabaseServer, answer: Answer
    ):
        """Another project's URL answers 404 for everybody."""
        alice.client.delete("/api/me")
        supabase.answers[f"DELETE admin/users/{alice.user_id}"] = answer
        delete_supabase_user(str(alice.user_id))
        assert pending() == {alice.user_id}
        assert orphans_sweep() == 0
        account_goes(alice)
        delete_supabase_user(str(alice.user_id))
        assert pending() == set()

    def test_that_supabase_did_by_itself_is_forgotten_by_the_sweep(self, alice: Person, bob: Person, jobs: Jobs):
        for person in (alice, bob):
            person.client.delete("/api/me")
        account_goes(alice)
        assert orphans_sweep() == 1
        assert pending() == {bob.user_id}
        erasure_finish(user_id=bob.user_id)
        assert pending() == {bob.user_id}

    def test_gives_up_in_less_time_than_the_sweep_takes_to_come(self):
        """Or the queue would fill with jobs for the same account while Supabase Auth is away."""
        retries: Any = next(one for one in dramatiq.get_broker().middleware if type(one).__name__ == "Retries")
        attempts = range(delete_supabase_user.options["max_retries"])
        assert sum(min(retries.min_backoff * 2**n, retries.max_backoff) for n in attempts) < 3_000_000


@pytest.mark.django_db(transaction=True)
class TestARequestAtTheSameTime:
    def test_makes_no_new_profile_while_the_erasure_commits(self, alice: Person):
        with transaction.atomic():
            UserProfile.objects.filter(user_id=alice.user_id).delete()
            ErasedAccount.objects.create(user_id=alice.user_id)

            def ensure() -> None:
                try:
                    profile_ensure(user_id=alice.user_id)
                finally:
                    connections.close_all()

            thread = threading.Thread(target=ensure)
            thread.start()
            self._wait_for_a_lock()
        thread.join(10)
        assert profiles(alice) == 0

    def _wait_for_a_lock(self) -> None:
        deadline = time.monotonic() + 10
        with connection.cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%user_profiles%%'"
                )
                if (cursor.fetchone() or (0,))[0]:
                    return
                time.sleep(0.01)
        raise AssertionError("the insert never waited for the deletion")

    def test_never_brings_anybody_back(self, together: Together, many_connections: None):
        for _ in range(3):
            person = make_person("Ada")

            def look(person: Person = person) -> list[int]:
                return [person.client.get("/api/me").status_code for _ in range(4)]

            def leave(person: Person = person) -> list[int]:
                return [person.client.delete("/api/me").status_code]

            *looked, left = together(*[look] * 8, leave)
            assert left == [204]
            assert {status for statuses in looked for status in statuses} <= {200, 401, 404}
            assert profiles(person) == 0
            assert_error(person.client.get("/api/me"), 401, "user_not_found")


class TestASoftDeletedAccount:
    """`auth.users.deleted_at`: Supabase Auth keeps the row and signs nobody in with it."""

    def test_is_none_any_more(self, alice: Person, admin: Person):
        AuthUser.objects.filter(id=alice.user_id).update(deleted_at=timezone.now())
        assert_error(alice.client.get("/api/me"), 401, "user_not_found")
        UserProfile.objects.filter(user_id=alice.user_id).delete()
        assert_error(alice.client.get("/api/me"), 401, "user_not_found")
        assert_error(admin.client.post("/api/users", {"user_id": str(alice.user_id)}), 422, field="user_id")
        assert profiles(alice) == 0

    def test_leaves_the_admin_at_once(self, auth: AuthClient):
        user_id = auth.sign_up("ada@lifestring.example")["user"]["id"]
        UserProfile.objects.filter(user_id=user_id).update(is_admin=True)
        client = Client()
        client.post("/admin/login/", {"username": "ada@lifestring.example", "password": PASSWORD})
        assert client.get("/admin/").status_code == 200
        AuthUser.objects.filter(id=user_id).update(deleted_at=timezone.now())
        assert client.get("/admin/").status_code == 302
