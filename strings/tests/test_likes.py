"""Liking strings: toggle, PUT, DELETE, and who likes (docs/api.md, Strings)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuthUser, UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, block, make_person
from strings.models import StringLike
from strings.tests.posts import UNKNOWN, body_of, counts, get, like_row, post_string, string_row

pytestmark = pytest.mark.django_db


def toggle(person: Person, string: Any) -> Any:
    return person.client.post(f"/api/strings/{string}/like")


def like(person: Person, string: Any) -> Any:
    return person.client.put(f"/api/strings/{string}/like")


def unlike(person: Person, string: Any) -> Any:
    return person.client.delete(f"/api/strings/{string}/like")


def likes(person: Person, string: Any) -> bool:
    seen: bool = get(person, f"/api/strings/{string}")["data"]["is_liked_by_user"]
    assert seen == StringLike.objects.filter(string_id=string, user_id=person.user_id).exists()
    return seen


def test_a_toggle_likes_and_takes_back(alice: Person, bob: Person):
    string = post_string(alice)

    liked = {"message": "String liked successfully", "likes_count": 1, "action": "liked"}
    unliked = {"message": "String unliked successfully", "likes_count": 0, "action": "unliked"}
    for expected in (liked, unliked, liked, unliked):
        assert body_of(toggle(bob, string)) == expected
        assert counts(string) == (expected["likes_count"], 0)
        assert likes(bob, string) == (expected["action"] == "liked")


def test_put_likes_and_delete_unlikes_however_often(alice: Person, bob: Person):
    string = post_string(alice)

    for _ in range(3):
        answer = body_of(like(bob, string))
        assert answer == {"message": "String liked successfully", "likes_count": 1, "action": "liked"}
        assert counts(string) == (1, 0)
    for _ in range(3):
        assert (unlike(bob, string).status_code, unlike(bob, string).content) == (204, b"")
        assert counts(string) == (0, 0)
    assert not likes(bob, string)


def test_the_three_ways_work_on_one_like(alice: Person, bob: Person):
    string = post_string(alice)
    body_of(like(bob, string))
    assert body_of(toggle(bob, string))["action"] == "unliked"
    assert unlike(bob, string).status_code == 204
    assert body_of(toggle(bob, string))["action"] == "liked"
    assert body_of(like(bob, string))["likes_count"] == 1
    assert unlike(bob, string).status_code == 204
    assert counts(string) == (0, 0)


def test_everybody_likes_for_themself(alice: Person, bob: Person, charlie: Person, admin: Person):
    string, other = post_string(alice), post_string(alice)

    for expected, person in enumerate((alice, bob, charlie, admin), start=1):
        assert body_of(toggle(person, string))["likes_count"] == expected
    assert unlike(admin, other).status_code == 204
    assert unlike(charlie, string).status_code == 204

    assert [likes(person, string) for person in (alice, bob, charlie, admin)] == [True, True, False, True]
    assert (counts(string), counts(other)) == ((3, 0), (0, 0))


def test_a_like_of_another_client_counts_as_any(alice: Person, bob: Person):
    string = string_row(alice)
    like_row(bob, string)

    assert body_of(like(bob, string.id))["likes_count"] == 1
    assert body_of(toggle(bob, string.id))["likes_count"] == 0
    assert counts(string.id) == (0, 0)


def test_a_like_needs_and_reads_no_body(alice: Person, bob: Person):
    string = post_string(alice)

    body = {"user_id": str(alice.user_id), "action": "unliked", "likes_count": 9}
    assert body_of(bob.client.put(f"/api/strings/{string}/like", body))["likes_count"] == 1
    assert [like.user_id for like in StringLike.objects.all()] == [bob.user_id]


def test_likes_touch_nothing_else(alice: Person, bob: Person):
    string = post_string(alice)
    before = get(bob, f"/api/strings/{string}")["data"]
    toggle(bob, string)
    after = get(bob, f"/api/strings/{string}")["data"]

    assert after == before | {"likes_count": 1, "is_liked_by_user": True}


@pytest.mark.parametrize("act", [toggle, like, unlike])
def test_liking_what_is_not_there_is_404(alice: Person, act: Any):
    gone = post_string(alice)
    alice.client.delete(f"/api/strings/{gone}")
    for string in (UNKNOWN, gone):
        assert_error(act(alice, string), 404, "not_found")
    assert not StringLike.objects.exists()


@pytest.mark.parametrize("blocker", ["alice", "bob"])
def test_a_block_forbids_liking_but_not_taking_back(alice: Person, charlie: Person, blocker: str):
    bob = make_person("Bob")
    liked, other = post_string(alice), post_string(alice)
    like(bob, liked)
    block(*((alice, bob) if blocker == "alice" else (bob, alice)))

    for act in (toggle, like):
        assert_error(act(bob, other), 403, "blocked")
    assert_error(like(bob, liked), 403, "blocked")
    assert counts(liked) == (1, 0)
    assert unlike(bob, other).status_code == 204
    assert body_of(toggle(bob, liked))["action"] == "unliked"
    assert_error(toggle(bob, liked), 403, "blocked")
    assert (counts(liked), counts(other)) == ((0, 0), (0, 0))
    assert body_of(toggle(charlie, other))["action"] == "liked"


# --- who likes --------------------------------------------------------------------------------------------------------


def test_the_newest_likers_come_first(alice: Person, bob: Person, charlie: Person, admin: Person):
    string, other = string_row(alice), string_row(alice)
    for second, person in [(2, bob), (3, charlie), (1, admin)]:
        like_row(person, string, second)
    like_row(alice, other)

    page = get(bob, f"/api/strings/{string.id}/likes")

    assert page["data"][0] == {
        "user_id": str(charlie.user_id),
        "created_at": "2026-01-01T00:00:03.000000Z",
        "user": {
            "id": str(charlie.profile.id),
            "user_id": str(charlie.user_id),
            "name": "Charlie",
            "is_admin": False,
            "is_mod": False,
        },
    }
    assert [row["user"]["name"] for row in page["data"]] == ["Charlie", "Bob", "Admin"]
    assert page["meta"]["total"] == 3
    ascending = get(bob, f"/api/strings/{string.id}/likes", sort_dir="asc", sort_by="created_at")["data"]
    assert ascending == page["data"][::-1]


def test_likers_are_paged_without_gap_among_ties(alice: Person):
    string = string_row(alice)
    for n in range(11):
        like_row(make_person(f"P{n}"), string, n // 5)
    url = f"/api/strings/{string.id}/likes"
    whole = [row["user_id"] for row in get(alice, url, per_page=100)["data"]]

    numbered = [row["user_id"] for page in (1, 2, 3) for row in get(alice, url, per_page=4, page=page)["data"]]
    walked, link = [], f"{url}?cursor=&per_page=4"
    while link:
        page = get(alice, link)
        walked += [row["user_id"] for row in page["data"]]
        link = page["links"]["next"]

    assert len(set(whole)) == 11
    assert numbered == walked == whole


def test_a_liker_without_a_profile_is_listed_by_id(alice: Person):
    gone = AuthUser.objects.create(email="gone@lifestring.example")
    UserProfile.objects.filter(user_id=gone.id).delete()
    string = string_row(alice)
    like_row(gone.id, string)

    assert [(row["user_id"], row["user"]) for row in get(alice, f"/api/strings/{string.id}/likes")["data"]] == [
        (str(gone.id), None)
    ]


def test_nobody_likes_what_nobody_likes(alice: Person):
    string = post_string(alice)
    assert get(alice, f"/api/strings/{string}/likes")["data"] == []
    assert_error(alice.client.get(f"/api/strings/{UNKNOWN}/likes"), 404, "not_found")


def test_a_like_made_now_says_so(alice: Person, bob: Person):
    string = post_string(alice)
    like(bob, string)

    made = StringLike.objects.get()
    assert timezone.now() - timedelta(minutes=5) < made.created_at <= timezone.now()
    assert made.updated_at == made.created_at
