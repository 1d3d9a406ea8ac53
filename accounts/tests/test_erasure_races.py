"""Erasures at the same time as each other and as everything else: no deadlock, nothing left, counts exact."""

import itertools
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.local_auth.models import AuthAccount
from accounts.models import ConnectionStatus, UserProfile, UserRecommendation
from accounts.tasks import delete_supabase_user
from chat.models import Message, Room, RoomParticipant
from lifestring.local.secrets import LocalSecrets
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for, connect, make_person
from strings.models import String

pytestmark = pytest.mark.django_db(transaction=True)

_COUNTS = """
SELECT count(*) FROM public.strings s
 WHERE likes_count <> (SELECT count(*) FROM public.string_likes WHERE string_id = s.id)
    OR comments_count <> (SELECT count(*) FROM public.string_comments WHERE string_id = s.id)
"""


def wrong_counts() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        return int(cursor.fetchone()[0])


def post(person: Person) -> str:
    return str(person.client.post("/api/strings", {"content_text": f"by {person.name}"}).json()["data"]["id"])


def comment(person: Person, string: str, parent: str | None = None) -> str:
    body = {"content": f"by {person.name}", "parent_comment_id": parent}
    return str(person.client.post(f"/api/strings/{string}/comments", body).json()["data"]["id"])


def room_of(*people: Person) -> uuid.UUID:
    room = Room.objects.create(name="room")
    for person in people:
        RoomParticipant.objects.create(room=room, user_id=person.user_id)
        Message.objects.create(room=room, user_id=person.user_id, content="hi")
    return uuid.UUID(str(room.id))


def erasure(person: Person) -> Callable[[], int]:
    return lambda: client_for(person.user_id).delete("/api/me").status_code


def entangle(people: Sequence[Person]) -> None:
    """Give each two of them everything two people can have with each other, in both directions."""
    strings = {person.user_id: [post(person), post(person)] for person in people}
    for one, other in itertools.permutations(people, 2):
        connect(one, other, ConnectionStatus.BLOCKED if one.name == "Blocker" else ConnectionStatus.PENDING)
        UserRecommendation.objects.create(
            user_id=one.user_id, recommended_user_id=other.user_id, similarity_score="0.5"
        )
        if one.name != "Blocker" != other.name:
            for string in strings[other.user_id]:
                assert one.client.put(f"/api/strings/{string}/like").status_code == 200
                comment(other, string, comment(one, string))
    room_of(*people)


class TestOfPeopleWhoShareEverything:
    @pytest.mark.parametrize("size", [2, 4])
    def test_all_succeed(self, together: Together, many_connections: None, size: int):
        for _ in range(6 // size):
            people = [make_person(f"Person{number}") for number in range(size)]
            entangle(people)
            assert together(*map(erasure, people)) == [204] * size
        assert not UserProfile.objects.exists()
        assert not String.objects.exists()
        assert not Room.objects.exists()

    def test_who_block_each_other_too(self, together: Together, many_connections: None):
        people = [make_person("Blocker"), make_person("Blocker"), make_person("Person")]
        entangle(people)
        assert together(*map(erasure, people)) == [204] * 3
        assert not UserProfile.objects.exists()

    def test_leaves_those_who_stay_all_of_theirs(self, together: Together, many_connections: None):
        leaving, staying = (
            [make_person(f"Leaving{n}") for n in range(3)],
            [make_person(f"Staying{n}") for n in range(3)],
        )
        entangle([*leaving, *staying])
        assert together(*map(erasure, leaving)) == [204] * 3
        assert wrong_counts() == 0
        assert UserProfile.objects.count() == 3
        assert [(one.likes_count, one.comments_count) for one in String.objects.all()] == [(2, 4)] * 6
        assert Room.objects.count() == 1
        assert RoomParticipant.objects.count() == Message.objects.count() == 3


def test_the_last_two_of_a_room_leave_none_empty(together: Together, many_connections: None):
    for _ in range(5):
        one, other = make_person("One"), make_person("Other")
        rooms = [room_of(one, other) for _ in range(3)]
        assert together(erasure(one), erasure(other)) == [204, 204]
        assert not Room.objects.filter(id__in=rooms).exists()


def test_an_admin_and_the_person_at_once_erase_once(
    alice: Person, admin: Person, together: Together, many_connections: None
):
    post(alice)
    by_admin = [lambda: client_for(admin.user_id).delete(f"/api/users/{alice.user_id}").status_code] * 4
    assert sorted(together(*by_admin)) == [204, 404, 404, 404]
    assert not String.objects.exists()


def test_nothing_stays_of_somebody_who_writes_while_they_are_erased(
    local_mode: LocalSecrets, together: Together, many_connections: None
):
    alice, bob, charlie = (make_person(name) for name in ("Alice", "Bob", "Charlie"))
    strings = [post(bob), post(charlie)]
    parents = {string: comment(bob, string) for string in strings}

    def writes(number: int) -> set[int]:
        client = client_for(alice.user_id)
        statuses = set()
        for string in strings:
            answers: list[Any] = [
                client.post(f"/api/strings/{string}/like"),
                client.post("/api/strings", {"content_text": "late"}),
                client.post(f"/api/strings/{string}/comments", {"content": "x", "parent_comment_id": parents[string]}),
                client.patch("/api/me", {"meta": {str(number): number}}),
                client.post(f"/api/users/{alice.user_id}/enneagrams", {"enneagram_ids": [number % 9 + 1]}),
            ]
            statuses |= {answer.status_code for answer in answers}
        return statuses

    *written, erased = together(*[lambda number=number: writes(number) for number in range(8)], erasure(alice))
    assert erased == 204
    assert set().union(*written) <= {200, 201, 401, 404}
    assert wrong_counts() == 0

    delete_supabase_user(str(alice.user_id))

    assert wrong_counts() == 0
    assert not AuthAccount.objects.filter(id=alice.user_id).exists()
    assert [(one.likes_count, one.comments_count) for one in String.objects.all()] == [(0, 1), (0, 1)]


def test_others_go_on_writing_meanwhile(alice: Person, bob: Person, together: Together, many_connections: None):
    own, others = post(alice), post(bob)
    thread = comment(alice, others)
    people = [make_person(f"Person{number}") for number in range(10)]

    def writes(person: Person) -> set[int]:
        client = client_for(person.user_id)
        answers: list[Any] = []
        for string, parent in ((own, None), (others, thread), (others, None)):
            answers.append(client.put(f"/api/strings/{string}/like"))
            answers.append(
                client.post(f"/api/strings/{string}/comments", {"content": "x", "parent_comment_id": parent})
            )
        answers.append(client.post(f"/api/users/{person.user_id}/enneagrams", {"enneagram_ids": [1]}))
        return {answer.status_code for answer in answers}

    *written, erased = together(*[lambda person=person: writes(person) for person in people], erasure(alice))
    assert erased == 204
    assert set().union(*written) <= {200, 201, 404, 422}, "the string or the comment replied to may be gone by then"
    assert wrong_counts() == 0
    left = String.objects.get()
    assert (str(left.id), left.likes_count) == (others, 10)
    assert left.comments_count == 10


def test_it_waits_for_a_change_of_the_profile_under_way(alice: Person, together: Together):
    def change() -> int:
        return client_for(alice.user_id).patch("/api/me", {"meta": {"at": str(timezone.now())}}).status_code

    statuses = together(*[change] * 4, erasure(alice))
    assert statuses[-1] == 204
    assert set(statuses[:-1]) <= {200, 401, 404}
