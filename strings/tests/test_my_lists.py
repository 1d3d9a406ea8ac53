"""/my/strings, /my/liked-strings and /my/recent: the caller's own, and nobody else's (docs/api.md, Strings)."""

from typing import Any

import pytest

from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, block
from strings.tests.posts import get, like_row, post_string, string_row

pytestmark = pytest.mark.django_db


def ids(person: Person, route: str, **query: Any) -> list[str]:
    return [string["id"] for string in get(person, f"/api/my/{route}", **query)["data"]]


def test_my_strings_are_the_callers_alone(alice: Person, bob: Person, admin: Person):
    mine = [str(string_row(alice, second).id) for second in range(3)]
    theirs = [str(string_row(bob, second).id) for second in range(2)]

    assert ids(alice, "strings") == mine[::-1]
    assert ids(alice, "strings", sort_dir="asc") == mine
    assert ids(bob, "strings") == theirs[::-1]
    assert ids(admin, "strings") == []
    assert get(alice, "/api/my/strings")["data"] == get(alice, f"/api/strings?user_id={alice.user_id}")["data"]
    assert get(alice, "/api/my/strings", user_id=bob.user_id)["meta"]["total"] == 3


def test_my_liked_strings_are_those_the_caller_likes_whoever_wrote_them(alice: Person, bob: Person, charlie: Person):
    by_alice, by_bob = [string_row(alice, n) for n in range(3)], [string_row(bob, n + 10) for n in range(3)]
    # Liked in the other order: the list goes by the strings.
    for second, string in enumerate([by_bob[2], by_bob[0], by_alice[1]]):
        like_row(alice, string, second)
    like_row(bob, by_alice[0])

    liked = get(alice, "/api/my/liked-strings")
    assert [string["id"] for string in liked["data"]] == [str(s.id) for s in (by_bob[2], by_bob[0], by_alice[1])]
    assert all(string["is_liked_by_user"] for string in liked["data"])
    assert liked["meta"]["total"] == 3
    assert ids(bob, "liked-strings") == [str(by_alice[0].id)]
    assert ids(charlie, "liked-strings") == []

    alice.client.delete(f"/api/strings/{by_bob[0].id}/like")
    assert ids(alice, "liked-strings") == [str(by_bob[2].id), str(by_alice[1].id)]
    bob.client.delete(f"/api/strings/{by_bob[2].id}")
    assert ids(alice, "liked-strings", sort_by="likes_count") == [str(by_alice[1].id)]


@pytest.mark.parametrize("route", ["strings", "liked-strings"])
def test_both_are_paged_either_way(alice: Person, route: str):
    for second in range(5):
        like_row(alice, string_row(alice, second))
    whole = ids(alice, route)

    assert [ids(alice, route, per_page=2, page=page) for page in (1, 2, 3, 4)] == [whole[:2], whole[2:4], whole[4:], []]
    first = get(alice, f"/api/my/{route}?cursor=&per_page=3")
    assert [string["id"] for string in first["data"]] == whole[:3]
    assert [string["id"] for string in get(alice, first["links"]["next"])["data"]] == whole[3:]


def test_a_cursor_of_one_list_is_none_of_the_other(alice: Person):
    for second in range(3):
        like_row(alice, string_row(alice, second))
    cursor = get(alice, "/api/my/strings?cursor=&per_page=1")["meta"]["next_cursor"]

    assert_error(alice.client.get("/api/my/liked-strings", {"cursor": cursor}), 422, field="cursor")
    assert_error(alice.client.get("/api/strings", {"cursor": cursor}), 422, field="cursor")


def test_strings_of_hidden_people_are_not_among_the_liked(alice: Person, charlie: Person):
    like_row(charlie, string_row(alice))
    assert len(ids(charlie, "liked-strings")) == 1
    block(alice, charlie)
    assert ids(charlie, "liked-strings") == []


def test_recent_strings_have_the_frontends_flat_shape(alice: Person, bob: Person):
    for n in range(12):
        post_string(alice, f"{n}")
    post_string(bob, "another's")

    recent = get(alice, "/api/my/recent")

    assert recent.keys() == {"strings", "total", "page", "per_page"}
    assert (recent["total"], recent["page"], recent["per_page"]) == (12, 1, 10)
    assert recent["strings"] == get(alice, "/api/my/strings?per_page=10")["data"]
    assert [string["content_text"] for string in recent["strings"]] == [f"{n}" for n in range(11, 1, -1)]


@pytest.mark.parametrize("limit", [1, 5, 100])
def test_recent_strings_are_as_many_as_asked_for(alice: Person, limit: int):
    for second in range(7):
        string_row(alice, second)
    recent = get(alice, "/api/my/recent", limit=limit)
    assert len(recent["strings"]) == min(limit, 7)
    assert (recent["total"], recent["per_page"]) == (7, limit)


def test_whoever_wrote_nothing_has_nothing_recent(alice: Person, bob: Person):
    string_row(bob)
    assert get(alice, "/api/my/recent") == {"strings": [], "total": 0, "page": 1, "per_page": 10}


def test_a_limit_out_of_range_is_422(alice: Person):
    for limit in ("0", "-1", "101", "x", "1.5", "9" * 30, "٣", "1e1"):
        assert_error(alice.client.get("/api/my/recent", {"limit": limit}), 422, "validation_failed", field="limit")
