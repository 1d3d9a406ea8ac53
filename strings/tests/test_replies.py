"""Replies: under comments of the same string, at any depth, and gone with what they answer (docs/api.md, Strings)."""

from typing import Any

import pytest

from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, make_person
from strings.models import StringComment
from strings.tests.posts import UNKNOWN, body_of, comment_row, counts, get, post_comment, post_string, string_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def string(alice: Person) -> str:
    return post_string(alice)


def reply(person: Person, string: Any, parent: Any, content: str = "a reply") -> Any:
    body = {"content": content, "parent_comment_id": str(parent)}
    return person.client.post(f"/api/strings/{string}/comments", body)


def replies(person: Person, string: Any, comment: Any, **query: Any) -> list[str]:
    return [row["content"] for row in get(person, f"/api/strings/{string}/comments/{comment}/replies", **query)["data"]]


def chain(person: Person, string: str, depth: int) -> list[str]:
    """A comment and under it, each under the one before, this many in all."""
    found = [post_comment(person, string, "0")]
    for n in range(1, depth):
        found.append(post_comment(person, string, str(n), parent=found[-1]))
    return found


def test_a_reply_is_a_comment_that_names_its_parent(alice: Person, bob: Person, string: str):
    parent = post_comment(bob, string)

    data = body_of(reply(alice, string, parent), 201)["data"]

    assert (data["parent_comment_id"], data["is_reply"], data["string_id"]) == (parent, True, string)
    assert counts(string) == (0, 2)
    top = get(bob, f"/api/strings/{string}/comments")["data"]
    assert [(row["id"], row["replies_count"], row["is_reply"]) for row in top] == [(parent, 1, False)]
    assert get(bob, f"/api/strings/{string}/comments/{parent}/replies")["data"] == [data]
    assert get(bob, f"/api/strings/{string}/comments/{data['id']}")["data"] == data


@pytest.mark.parametrize("parent_on", ["another string of the author", "another author's string", "nothing"])
def test_a_parent_that_is_not_on_the_string_is_422(alice: Person, bob: Person, string: str, parent_on: str):
    other = post_string(alice if parent_on.endswith("author") else bob)
    parent = UNKNOWN if parent_on == "nothing" else post_comment(bob, other)

    error = assert_error(reply(bob, string, parent), 422, "validation_failed", field="parent_comment_id")

    assert error["errors"].keys() == {"parent_comment_id"}
    assert counts(string) == (0, 0)
    assert counts(other) == (0, 0 if parent_on == "nothing" else 1)


def test_a_deleted_parent_takes_no_reply(bob: Person, string: str):
    parent = post_comment(bob, string)
    bob.client.delete(f"/api/strings/{string}/comments/{parent}")

    assert_error(reply(bob, string, parent), 422, "validation_failed", field="parent_comment_id")
    assert counts(string) == (0, 0)


def test_a_parent_in_capitals_is_the_same_parent(bob: Person, string: str):
    parent = post_comment(bob, string)
    assert body_of(reply(bob, string, parent.upper()), 201)["data"]["parent_comment_id"] == parent


def test_a_null_parent_is_none(bob: Person, string: str):
    body = {"content": "x", "parent_comment_id": None}
    assert body_of(bob.client.post(f"/api/strings/{string}/comments", body), 201)["data"]["is_reply"] is False


def test_replies_are_listed_in_the_order_they_were_written(alice: Person, bob: Person):
    string = string_row(alice)
    parent, other = comment_row(alice, string), comment_row(alice, string)
    for second in (2, 4, 3, 1):
        comment_row(bob, string, second, parent_comment=parent)
    below = comment_row(alice, string, 5, parent_comment=parent)
    comment_row(bob, string, 6, parent_comment=below)
    comment_row(bob, string, 7, parent_comment=other)

    url = f"/api/strings/{string.id}/comments/{parent.id}/replies"
    assert replies(bob, string.id, parent.id) == [f"comment {n}" for n in (1, 2, 3, 4, 5)]
    assert replies(bob, string.id, parent.id, sort_dir="desc") == [f"comment {n}" for n in (5, 4, 3, 2, 1)]
    assert replies(bob, string.id, parent.id, per_page=2, page=2) == ["comment 3", "comment 4"]
    assert get(bob, url)["meta"]["total"] == 5
    assert [row["replies_count"] for row in get(bob, url)["data"]] == [0, 0, 0, 0, 1]
    first = get(bob, f"{url}?cursor=&per_page=3")
    assert [row["content"] for row in get(bob, first["links"]["next"])["data"]] == ["comment 4", "comment 5"]
    assert replies(bob, string.id, below.id) == ["comment 6"]


def test_replies_go_as_deep_as_people_argue(alice: Person, string: str):
    thread = chain(alice, string, 30)

    assert counts(string) == (0, 30)
    for n, comment in enumerate(thread):
        data = get(alice, f"/api/strings/{string}/comments/{comment}")["data"]
        assert (data["content"], data["replies_count"]) == (str(n), 0 if n == 29 else 1)
    assert get(alice, f"/api/strings/{string}/comments")["meta"]["total"] == 1
    assert get(alice, f"/api/strings/{string}/comments?include_replies=1")["meta"]["total"] == 30


@pytest.mark.parametrize("at", [0, 1, 15, 29])
def test_deleting_takes_all_below_along_and_nothing_else(alice: Person, string: str, at: int):
    thread = chain(alice, string, 30)
    beside = post_comment(alice, string, "beside", parent=thread[0]) if at else post_comment(alice, string, "beside")

    assert alice.client.delete(f"/api/strings/{string}/comments/{thread[at]}").status_code == 204

    assert counts(string) == (0, at + 1)
    left = {str(comment.id) for comment in StringComment.objects.all()}
    assert left == {*thread[:at], beside}
    assert_error(alice.client.get(f"/api/strings/{string}/comments/{thread[-1]}"), 404)


def test_deleting_a_tree_counts_every_branch(alice: Person, bob: Person, charlie: Person, string: str):
    other = post_string(bob)
    post_comment(alice, other)
    top = post_comment(bob, string)
    for person in (alice, bob, charlie):
        branch = post_comment(person, string, parent=top)
        for leaf_author in (alice, bob, charlie):
            post_comment(leaf_author, string, parent=branch)
    post_comment(charlie, string)
    assert counts(string) == (0, 14)

    assert bob.client.delete(f"/api/strings/{string}/comments/{top}").status_code == 204

    assert (counts(string), counts(other)) == ((0, 1), (0, 1))


MAY_DELETE = {"bob": True, "alice": True, "mod": True, "admin": True, "charlie": False, "dora": False}
MAY_CHANGE = {"bob": True, "mod": True, "admin": True, "alice": False, "charlie": False, "dora": False}


@pytest.fixture
def everyone(request: pytest.FixtureRequest) -> dict[str, Person]:
    """dora knows nobody; charlie is whom bob answers on alice's string."""
    cast = {name: request.getfixturevalue(name) for name in ("alice", "bob", "charlie", "mod", "admin")}
    return {**cast, "dora": make_person("Dora")}


def test_who_is_answered_may_not_delete_the_answer(everyone: dict[str, Person], subtests: pytest.Subtests):
    string = post_string(everyone["alice"])
    parent = post_comment(everyone["charlie"], string)
    for who, may in MAY_DELETE.items():
        with subtests.test(who):
            answer = post_comment(everyone["bob"], string, "reply", parent=parent)
            _, before = counts(string)

            found = everyone[who].client.delete(f"/api/strings/{string}/comments/{answer}")

            assert found.status_code == (204 if may else 403)
            assert counts(string) == (0, before - may)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_who_may_change_a_reply(everyone: dict[str, Person], method: str, subtests: pytest.Subtests):
    string = post_string(everyone["alice"])
    parent = post_comment(everyone["charlie"], string)
    for who, may in MAY_CHANGE.items():
        with subtests.test(who):
            url = f"/api/strings/{string}/comments/{post_comment(everyone['bob'], string, 'before', parent=parent)}"

            answer = getattr(everyone[who].client, method)(url, {"content": "after", "parent_comment_id": None})

            if may:
                assert body_of(answer)["data"]["parent_comment_id"] == parent
            else:
                assert_error(answer, 403, "forbidden")
            assert get(everyone["alice"], url)["data"]["content"] == ("after" if may else "before")


@pytest.mark.parametrize("address", [f"{UNKNOWN}/replies", "x/replies"])
def test_replies_to_an_unknown_comment_are_404(alice: Person, string: str, address: str):
    assert_error(alice.client.get(f"/api/strings/{string}/comments/{address}"), 404, "not_found")


def test_a_comment_that_answers_itself_can_be_read_and_deleted(alice: Person, bob: Person):
    """No service writes one, but nothing keeps another client of the database from it."""
    string = string_row(alice)
    circle = [comment_row(bob, string, n) for n in range(3)]
    for comment, parent in zip(circle, [circle[1], circle[2], circle[0]], strict=True):
        StringComment.objects.filter(id=comment.id).update(parent_comment=parent)
    itself = comment_row(bob, string, 4)
    StringComment.objects.filter(id=itself.id).update(parent_comment=itself)

    for comment in (circle[0], itself):
        url = f"/api/strings/{string.id}/comments/{comment.id}"
        data = get(alice, f"{url}?include=replies,parentComment")["data"]
        assert (len(data["replies"]), data["replies_count"]) == (1, 1)
        assert alice.client.delete(url).status_code == 204
    assert counts(string.id) == (0, 0)
