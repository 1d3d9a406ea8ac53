"""GET /recommended/strings by likeness: what is in it, in which order, and that walks hold (docs/api.md, Strings)."""

from typing import Any

import pytest

from ai.models import StringEmbedding, UserEmbedding
from ai.tests.vectors import at, means, string_meaning, towards
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block
from strings.models import String, StringLike

pytestmark = pytest.mark.django_db

URL = "/api/recommended/strings"
ME = towards(1)


def read(person: Person, **query: Any) -> dict[str, Any]:
    answer = person.client.get(URL, query)
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    found: dict[str, Any] = answer.json()
    return found


def scores(person: Person, **query: Any) -> list[float]:
    return [row["similarity"] for row in read(person, **query)["data"]]


def walked(person: Person, **query: Any) -> list[str]:
    """The ids of a whole walk, two to a page."""
    page = read(person, per_page=2, cursor="", **query)
    found = [row["id"] for row in page["data"]]
    while following := page["meta"]["next_cursor"]:
        page = read(person, per_page=2, cursor=following, **query)
        found += [row["id"] for row in page["data"]]
    return found


def test_within_a_step_of_a_twentieth_the_newest_come_first(alice: Person, bob: Person):
    means(alice, ME)
    for second, likeness in enumerate((0.39, 0.3501, 0.36, 0.3499, 0.81, 0.5, 0.1999)):
        string_meaning(bob, second, at(likeness))

    found = read(alice)

    in_order = [(0.81, 4), (0.5, 5), (0.36, 2), (0.3501, 1), (0.39, 0), (0.3499, 3)]
    assert [(row["similarity"], row["content_text"]) for row in found["data"]] == [(s, f"at {n}") for s, n in in_order]
    assert "message" not in found
    assert found["meta"]["total"] == 6
    assert scores(alice, similarity_threshold=0.36) == [0.81, 0.5, 0.36, 0.39]
    assert len(scores(alice, similarity_threshold=0)) == 7
    assert scores(alice, sort_dir="asc") == [0.3499, 0.39, 0.3501, 0.36, 0.5, 0.81]


def test_pages_and_walks_show_each_once_in_one_order(alice: Person, bob: Person):
    means(alice, ME)
    made = [string_meaning(bob, n // 2, at(0.9 - n / 30, n)) for n in range(15)]
    whole = [row["id"] for row in read(alice)["data"]]
    assert sorted(whole) == sorted(str(one) for one in made)
    pages = [read(alice, page=n, per_page=4) for n in (1, 2, 3, 4)]
    assert [row["id"] for page in pages for row in page["data"]] == whole
    assert {page["meta"]["total"] for page in pages} == {15}
    assert walked(alice) == whole
    assert walked(alice, sort_dir="asc") == whole[::-1]
    last = read(alice, per_page=10, cursor=read(alice, per_page=10, cursor="")["meta"]["next_cursor"])
    assert len(last["data"]) == 5
    assert [row["id"] for row in read(alice, per_page=10, cursor=last["meta"]["prev_cursor"])["data"]] == whole[:10]


def test_whose_strings_are_in_it(alice: Person, bob: Person, charlie: Person, mod: Person):
    means(alice, ME)
    for second, author in enumerate((alice, bob, charlie, mod)):
        string_meaning(author, second, ME)
    string_meaning(bob, 9, ME, "old")
    block(alice, charlie)
    block(mod, alice)
    assert [row["user_id"] for row in read(alice)["data"]] == [str(bob.user_id)]
    assert {row["user_id"] for row in read(alice, exclude_own="0")["data"]} == {str(bob.user_id), str(alice.user_id)}


def test_without_a_match_there_are_recent_strings_and_a_message(alice: Person, bob: Person):
    means(alice, ME)
    string_meaning(bob, 1, at(0.1))
    string_meaning(bob, 2, at(0.19))
    found = read(alice, include="comments,likes")
    assert [(row["content_text"], row["similarity"]) for row in found["data"]] == [("at 2", None), ("at 1", None)]
    assert "alike enough" in found["message"]
    assert scores(alice, similarity_threshold=0.15) == [0.19]
    UserEmbedding.objects.all().delete()
    assert "nothing to compare" in read(alice)["message"]


def test_a_walk_stays_in_the_list_it_began_in(alice: Person, bob: Person):
    for second in range(4):
        string_meaning(bob, second, at(0.9, second))
    recent = read(alice, per_page=2, cursor="")
    means(alice, ME)
    suitable = read(alice, per_page=2, cursor="")
    assert (recent["data"][0]["similarity"], suitable["data"][0]["similarity"]) == (None, 0.9)
    rest = read(alice, per_page=2, cursor=recent["meta"]["next_cursor"])
    assert [row["content_text"] for row in rest["data"]] == ["at 1", "at 0"]
    assert "recent" in rest["message"]
    UserEmbedding.objects.all().delete()
    ended = read(alice, per_page=2, cursor=suitable["meta"]["next_cursor"])
    assert ended["data"] == []
    assert ended["meta"]["prev_cursor"]
    other = alice.client.get(URL, {"cursor": recent["meta"]["next_cursor"], "similarity_threshold": "0.3"})
    assert other.status_code == 422


def test_what_is_liked_changes_what_comes_next(alice: Person, bob: Person):
    means(alice, ME)
    left, right = string_meaning(bob, 1, towards(0.7, 0.7)), string_meaning(bob, 2, towards(0.6, 0, 0.7))
    before = {row["id"]: row["similarity"] for row in read(alice)["data"]}
    assert before[str(left)] > before[str(right)]
    StringLike.objects.create(user_id=alice.user_id, string_id=string_meaning(bob, 3, towards(0, 0, 1)))
    after = {row["id"]: row["similarity"] for row in read(alice)["data"]}
    assert after[str(left)] < before[str(left)]
    assert after[str(right)] > before[str(right)]
    assert after[str(right)] > after[str(left)]


def test_vectors_other_clients_wrote_fail_nothing(alice: Person, bob: Person):
    means(alice, ME)
    string_meaning(bob, 1, towards(0))
    string_meaning(bob, 2, towards(-4))
    far = string_meaning(bob, 3, towards(9, 1e-9))
    String.objects.filter(id=far).update(created_at="0001-01-02T00:00:00Z")
    assert scores(alice) == [1.0]
    assert scores(alice, similarity_threshold=0) == [1.0]
    StringEmbedding.objects.all().delete()
    assert "alike enough" in read(alice)["message"]
