"""Erasing a person: nothing about them stays anywhere, and what others have stays exact (docs/api.md, People)."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import dramatiq
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from accounts.models import StaffUser, Suspension, UserProfile, UserRecommendation
from ai.models import StringEmbedding, UserEmbedding
from chat.models import Message, Room, RoomParticipant
from events.models import Event
from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, block, client_for, connect, make_person
from strings.models import String, StringComment, StringLike

pytestmark = pytest.mark.django_db

SECRET = "only-alice-wrote-this"
# What stays until the Supabase account has gone, and bars it (accounts/tests/test_pending_erasures.py).
PENDING = "django.accounts_erasedaccount"
VECTOR = [0.1] * 1536
_TABLES = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'django') AND c.relkind IN ('r', 'p') ORDER BY 1
"""


def traces(*needles: object) -> dict[str, int]:
    """How many rows of which tables of `public` and `django` mention one of these, in any column."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [row[0] for row in cursor.fetchall()]
        assert len(tables) >= 20
        for table in tables:
            condition = " OR ".join(["t::text LIKE %s"] * len(needles))
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE {condition}", [f"%{needle}%" for needle in needles])
            if count := (cursor.fetchone() or (0,))[0]:
                found[table] = count
    return found


def post(person: Person, text: str = SECRET) -> str:
    return str(person.client.post("/api/strings", {"content_text": text}).json()["data"]["id"])


def comment(person: Person, string: str, parent: str | None = None, text: str = SECRET) -> str:
    body = {"content": text, "parent_comment_id": parent}
    return str(person.client.post(f"/api/strings/{string}/comments", body).json()["data"]["id"])


def check_counts() -> None:
    for string in String.objects.all():
        assert string.likes_count == StringLike.objects.filter(string=string).count(), string
        assert string.comments_count == StringComment.objects.filter(string=string).count(), string


def room(*people: Person, by: Person) -> Room:
    made = Room.objects.create(
        name=f"room of {len(people)}", metadata={"created_by": str(by.user_id)} if people == (by,) else {}
    )
    for person in people:
        RoomParticipant.objects.create(room=made, user_id=person.user_id)
        Message.objects.create(room=made, user_id=person.user_id, content=SECRET if person == by else "somebody else's")
    return made


@pytest.fixture
def world(alice: Person, bob: Person, charlie: Person, mod: Person) -> dict[str, Any]:
    """Alice has something in every table."""
    own, others = post(alice), post(bob, "bob's")
    StringEmbedding.objects.create(string_id=own, embedding=VECTOR, content_hash="h")
    UserEmbedding.objects.create(user_id=alice.user_id, embedding=VECTOR, content_hash="h")
    for string in (own, others):
        for person in (alice, bob, charlie):
            assert person.client.put(f"/api/strings/{string}/like").status_code == 200
            comment(person, string, text=SECRET if person == alice else "somebody else's")
    connect(charlie, alice)
    block(alice, mod)
    for one, other in ((alice, bob), (bob, alice)):
        UserRecommendation.objects.create(
            user_id=one.user_id, recommended_user_id=other.user_id, similarity_score="0.5"
        )
    alice.client.post(f"/api/users/{alice.user_id}/enneagrams", {"enneagram_ids": [1, 2]})
    for person in (alice, bob):
        Event.objects.create(
            user_id=person.user_id, title=SECRET if person == alice else "bob's", start_time=timezone.now()
        )
        event = person.client.get("/api/my/events").json()["data"][0]["id"]
        assert alice.client.put(f"/api/events/{event}/attendance", {"status": "going"}).status_code == 200
    assert alice.client.post("/api/my/events.ics/token").status_code == 201
    Suspension.objects.create(user_id=alice.user_id, until=timezone.now() - timedelta(days=1), reason="over")
    StaffUser.objects.create_user(
        "alice@lifestring.example", name="Alice", supabase_user_id=alice.user_id, is_staff=True
    )
    alice.client.put("/api/me", {"meta": {"note": SECRET}, "biography": {"bio": SECRET}})
    return {"own": own, "others": others, "alone": room(alice, by=alice), "shared": room(alice, bob, by=alice)}


def test_it_leaves_nothing_behind(alice: Person, world: dict[str, Any]):
    ids = (alice.user_id, alice.profile.id, SECRET)
    assert len(traces(*ids)) >= 15, "the test would find what stays"
    answer = alice.client.delete("/api/me")
    assert (answer.status_code, answer.content) == (204, b"")
    assert traces(*ids) == {PENDING: 1}


def test_it_leaves_what_is_others(alice: Person, bob: Person, charlie: Person, world: dict[str, Any]):
    alice.client.delete("/api/me")
    shown = bob.client.get(f"/api/strings/{world['others']}").json()["data"]
    assert (shown["likes_count"], shown["comments_count"]) == (2, 2)
    check_counts()
    assert not String.objects.filter(id=world["own"]).exists()
    assert Event.objects.get().title == "bob's"
    assert Room.objects.get() == world["shared"]
    assert Message.objects.get().content == "somebody else's"
    assert RoomParticipant.objects.get().user_id == bob.user_id
    assert UserProfile.objects.filter(user_id__in=[bob.user_id, charlie.user_id]).count() == 2


def test_threads_go_with_their_root_and_the_counts_follow(alice: Person, bob: Person, charlie: Person):
    string = post(bob, "bob's")
    kept = comment(charlie, string, text="kept")
    comment(alice, string, kept)
    root = comment(alice, string)
    below = comment(bob, string, root, "on alice's")
    comment(charlie, string, below, "below that")
    comment(alice, string, below)
    own = comment(bob, string, text="root of bob's")
    middle = comment(alice, string, own)
    comment(charlie, string, middle, "below alice's middle")
    assert String.objects.get(id=string).comments_count == 9
    alice.client.delete("/api/me")
    assert set(StringComment.objects.values_list("content", flat=True)) == {"kept", "root of bob's"}
    assert String.objects.get(id=string).comments_count == 2


@pytest.mark.parametrize("by", ["user_id", "id"])
def test_an_admin_may_by_either_id(alice: Person, admin: Person, world: dict[str, Any], by: str):
    ids = (alice.user_id, alice.profile.id, SECRET)
    assert admin.client.delete(f"/api/users/{getattr(alice.profile, by)}").status_code == 204
    assert traces(*ids) == {PENDING: 1}
    assert_error(admin.client.get(f"/api/users/{ids[0]}"), 404, "not_found")


@pytest.mark.parametrize("role", ["mod", "bob", "charlie"])
def test_others_may_not(alice: Person, world: dict[str, Any], request: pytest.FixtureRequest, role: str):
    person: Person = request.getfixturevalue(role)
    before = traces(alice.user_id, SECRET)
    answer = person.client.delete(f"/api/users/{alice.user_id}")
    assert_error(answer, 404 if role == "mod" else 403)
    assert traces(alice.user_id, SECRET) == before


def test_somebody_who_has_nothing_can_go_too(charlie: Person):
    assert charlie.client.delete("/api/me").status_code == 204
    assert traces(charlie.user_id) == {PENDING: 1}


def test_a_profile_that_cannot_be_parsed_can_be_erased(alice: Person):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE user_profiles SET meta = %s::jsonb, contact_info = '[]' WHERE user_id = %s",
                       ["9" * 6_000, alice.user_id])  # fmt: skip
    assert alice.client.delete("/api/me").status_code == 204
    assert traces(alice.user_id) == {PENDING: 1}


def test_a_failure_half_way_undoes_all(alice: Person, world: dict[str, Any]):
    before = traces(alice.user_id, SECRET)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; "
            "CREATE TRIGGER refuse BEFORE DELETE ON user_profiles FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
        )
    client = client_for(alice.user_id)
    client.raise_request_exception = False
    assert_error(client.delete("/api/me"), 500, "server_error")
    assert traces(alice.user_id, SECRET) == before


def queued(actor: str) -> list[list[Any]]:
    """The arguments of each message of this actor that waits in Redis."""
    broker = dramatiq.get_broker()
    queue = broker.get_actor(actor).queue_name
    messages = broker.client.hvals(f"{django_settings.JOBS_NAMESPACE}:{queue}.msgs")  # type: ignore[attr-defined]
    decoded = [json.loads(message) for message in messages]
    return [message["args"] for message in decoded if message["actor_name"] == actor]


@pytest.mark.django_db(transaction=True)
class TestTheSupabaseAccount:
    ACTOR = "accounts.delete_supabase_user"

    def test_is_left_to_a_job_once_all_is_committed(self, alice: Person):
        assert alice.client.delete("/api/me").status_code == 204
        assert [str(alice.user_id)] in queued(self.ACTOR)

    def test_stays_where_there_is_no_service_key(self, alice: Person, settings: Any):
        settings.SUPABASE_SERVICE_KEY = ""
        assert alice.client.delete("/api/me").status_code == 204
        assert [str(alice.user_id)] not in queued(self.ACTOR)

    def test_stays_when_the_erasure_was_refused(self, alice: Person, charlie: Person):
        assert_error(charlie.client.delete(f"/api/users/{alice.user_id}"), 403)
        assert [str(alice.user_id)] not in queued(self.ACTOR)


@pytest.mark.django_db(transaction=True)
class TestAmongOthersAtWork:
    def test_counts_stay_exact_while_everybody_likes_and_comments(self, together: Together, many_connections: None):
        people = [make_person(f"Person{number}") for number in range(8)]
        leaving, staying = people[0], people[1:]
        strings = [post(person, f"string of {person.name}") for person in people]
        threads = {string: comment(leaving, string) for string in strings}

        def use(person: Person) -> set[int]:
            client = client_for(person.user_id)
            answers = []
            for string in strings:
                answers.append(client.post(f"/api/strings/{string}/like"))
                body = {"content": "x", "parent_comment_id": threads[string]}
                answers.append(client.post(f"/api/strings/{string}/comments", body))
                answers.append(client.post(f"/api/strings/{string}/comments", {"content": "y"}))
            return {answer.status_code for answer in answers}

        def leave() -> set[int]:
            return {client_for(leaving.user_id).delete("/api/me").status_code}

        work: list[Callable[[], set[int]]] = [lambda person=person: use(person) for person in (*staying, leaving)]  # type: ignore[misc]
        results = together(*work, leave)
        assert results[-1] == {204}
        assert set().union(*results[:-1]) <= {200, 201, 401, 404, 422}, "whoever left is signed out, and theirs gone"
        check_counts()
        assert not String.objects.filter(id=strings[0]).exists()

    def test_people_who_liked_each_other_can_all_leave_at_once(self, together: Together, many_connections: None):
        people = [make_person(f"Person{number}") for number in range(6)]
        strings = [post(person, "x") for person in people for _ in range(3)]
        for person in people:
            for string in strings:
                person.client.put(f"/api/strings/{string}/like")
                comment(person, string)
            for other in people:
                if person.user_id < other.user_id:
                    connect(person, other)
        results = together(
            *[lambda person=person: client_for(person.user_id).delete("/api/me").status_code for person in people]
        )
        assert results == [204] * 6
        assert traces(*(person.user_id for person in people)) == {PENDING: 6}

    def test_asked_for_twice_at_once_it_happens_once(self, alice: Person, together: Together, many_connections: None):
        post(alice)
        results = together(*[lambda: client_for(alice.user_id).delete("/api/me").status_code for _ in range(6)])
        assert set(results) <= {204, 401, 404}
        assert results.count(204) == 1
        assert not String.objects.exists()


def test_erasing_nobody_is_404(admin: Person):
    assert_error(admin.client.delete(f"/api/users/{uuid.uuid4()}"), 404, "not_found")
