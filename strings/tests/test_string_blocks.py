"""A block keeps two people apart on every route of strings, in both directions (docs/api.md, Blocks)."""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import ConnectionStatus, UserConnection
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, block, connect, make_person
from strings.models import String, StringComment
from strings.tests.posts import body_of, comment_row, counts, get, like_row, string_row

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Apart:
    """Two people with a block between them, a third who knows of nothing, and what the first meets of the other.

    `theirs` is the other's string, `neutral` the third's, with a comment of the other, the third's reply to it, the
    other's reply to the third, and a like of everybody.
    """

    person: Person
    other: Person
    third: Person
    own: String
    theirs: String
    neutral: String
    comment: StringComment
    seen: StringComment
    own_on_theirs: StringComment
    theirs_on_own: StringComment


@pytest.fixture(params=["blocked", "was blocked"])
def apart(request: pytest.FixtureRequest, alice: Person, charlie: Person) -> Apart:
    other, third = charlie, make_person("Third")
    own, theirs, neutral = string_row(alice, 1), string_row(other, 2), string_row(third, 3)
    comment = comment_row(other, neutral, 1, content="theirs")
    seen = comment_row(third, neutral, 2, content="seen")
    comment_row(third, neutral, 3, content="under theirs", parent_comment=comment)
    comment_row(other, neutral, 4, content="theirs under seen", parent_comment=seen)
    own_on_theirs, theirs_on_own = comment_row(alice, theirs, 5), comment_row(other, own, 6)
    for person in (alice, other, third):
        like_row(person, theirs)
        like_row(person, neutral)
    block(*((alice, other) if request.param == "blocked" else (other, alice)))
    return Apart(alice, other, third, own, theirs, neutral, comment, seen, own_on_theirs, theirs_on_own)


def test_lists_show_nothing_of_the_other(apart: Apart, subtests: pytest.Subtests):
    both, neutral = [apart.neutral.id, apart.own.id], [apart.neutral.id]
    expected: dict[str, list[Any]] = {
        "/api/strings": both,
        "/api/strings?cursor=": both,
        "/api/strings?search=string": both,
        "/api/strings?include=comments,likes,user": both,
        "/api/strings?sort_by=likes_count": both,
        f"/api/strings?user_id={apart.other.user_id}": [],
        f"/api/strings?user_id={apart.other.user_id}&cursor=": [],
        f"/api/strings?user_id={apart.person.user_id}": [apart.own.id],
        "/api/my/strings": [apart.own.id],
        "/api/my/liked-strings": neutral,
        "/api/my/liked-strings?cursor=": neutral,
        f"/api/strings/{apart.neutral.id}/comments": [apart.seen.id],
        f"/api/strings/{apart.neutral.id}/comments?include=user,replies,parentComment": [apart.seen.id],
        f"/api/strings/{apart.neutral.id}/comments/{apart.seen.id}/replies": [],
        f"/api/strings/{apart.own.id}/comments": [],
        f"/api/strings/{apart.own.id}/comments?include_replies=1&cursor=": [],
    }
    for url, wanted in expected.items():
        with subtests.test(url):
            body = get(apart.person, url)
            assert [row["id"] for row in body["data"]] == [str(id_) for id_ in wanted]
            assert body["meta"].get("total", len(wanted)) == len(wanted)
            assert str(apart.other.user_id) not in str(body["data"])


def test_likers_leave_the_other_out(apart: Apart):
    likers = get(apart.person, f"/api/strings/{apart.neutral.id}/likes")
    assert {row["user_id"] for row in likers["data"]} == {str(apart.person.user_id), str(apart.third.user_id)}
    assert likers["meta"]["total"] == 2
    assert counts(apart.neutral.id) == (3, 4)


def test_replies_of_the_other_are_neither_listed_nor_counted(apart: Apart):
    url = f"/api/strings/{apart.neutral.id}/comments"
    every = get(apart.person, f"{url}?include_replies=1&include=replies,parentComment")["data"]

    assert [(row["content"], row["replies_count"], row["replies"]) for row in every] == [
        ("under theirs", 0, []),
        ("seen", 0, []),
    ]
    assert [row["parent_comment"] for row in every] == [None, None]
    assert get(apart.third, f"{url}/{apart.seen.id}")["data"]["replies_count"] == 1


def test_a_comment_of_the_other_is_not_there(apart: Apart):
    for string, comment in ((apart.neutral, apart.comment), (apart.own, apart.theirs_on_own)):
        url = f"/api/strings/{string.id}/comments/{comment.id}"
        assert_error(apart.person.client.get(url), 404, "not_found")
        assert_error(apart.person.client.get(f"{url}/replies"), 404, "not_found")
        for method in ("put", "patch"):
            assert_error(getattr(apart.person.client, method)(url, {"content": "changed"}), 404, "not_found")
    assert not StringComment.objects.filter(content="changed").exists()
    url = f"/api/strings/{apart.neutral.id}/comments/{apart.comment.id}"
    assert_error(apart.person.client.delete(url), 404, "not_found")
    assert counts(apart.neutral.id) == (3, 4)


@pytest.mark.parametrize("role", ["is_admin", "is_mod"])
def test_staff_change_nothing_they_are_then_not_shown(apart: Apart, role: str):
    profile = apart.person.profile
    setattr(profile, role, True)
    profile.save(update_fields=[role])
    url = f"/api/strings/{apart.neutral.id}/comments/{apart.comment.id}"

    assert_error(apart.person.client.put(url, {"content": "changed"}), 404, "not_found")
    assert StringComment.objects.get(id=apart.comment.id).content == "theirs"
    assert apart.person.client.delete(url).status_code == 204
    assert counts(apart.neutral.id) == (3, 2)


def test_an_author_may_clear_their_string_of_the_others_comments(apart: Apart):
    assert (
        apart.person.client.delete(f"/api/strings/{apart.own.id}/comments/{apart.theirs_on_own.id}").status_code == 204
    )
    assert counts(apart.own.id) == (0, 0)


def test_neither_likes_nor_comments_on_the_others_strings(apart: Apart):
    for person, string in ((apart.person, apart.theirs), (apart.other, apart.own)):
        url = f"/api/strings/{string.id}"
        before = counts(string.id)
        assert_error(person.client.put(f"{url}/like"), 403, "blocked")
        assert_error(person.client.post(f"{url}/comments", {"content": "x"}), 403, "blocked")
        assert counts(string.id) == before
    assert_error(apart.other.client.post(f"/api/strings/{apart.own.id}/like"), 403, "blocked")


def test_neither_replies_to_the_other_anywhere(apart: Apart):
    for string, parent in ((apart.neutral, apart.comment), (apart.own, apart.theirs_on_own)):
        body = {"content": "x", "parent_comment_id": str(parent.id)}
        assert_error(apart.person.client.post(f"/api/strings/{string.id}/comments", body), 403, "blocked")
    body = {"content": "x", "parent_comment_id": str(apart.seen.id)}
    body_of(apart.person.client.post(f"/api/strings/{apart.neutral.id}/comments", body), 201)
    assert counts(apart.neutral.id) == (3, 5)


def test_a_refusal_looks_the_same_from_both_sides(apart: Apart):
    answers = [
        assert_error(person.client.put(f"/api/strings/{string.id}/like"), 403, "blocked")
        for person, string in ((apart.person, apart.theirs), (apart.other, apart.own))
    ]
    assert answers[0]["message"] == answers[1]["message"]


def test_what_one_wrote_before_stays_ones_own(apart: Apart):
    url = f"/api/strings/{apart.theirs.id}"
    comment = f"{url}/comments/{apart.own_on_theirs.id}"

    assert get(apart.person, comment)["data"]["user_id"] == str(apart.person.user_id)
    assert body_of(apart.person.client.patch(comment, {"content": "mine"}))["data"]["content"] == "mine"
    assert apart.person.client.delete(comment).status_code == 204
    assert apart.person.client.delete(f"{url}/like").status_code == 204
    assert counts(apart.theirs.id) == (2, 0)


def test_a_string_named_by_its_id_is_still_read(apart: Apart):
    data = get(apart.person, f"/api/strings/{apart.theirs.id}?include=comments,likes")["data"]

    assert data["id"] == str(apart.theirs.id)
    assert [comment["user_id"] for comment in data["comments"]] == [str(apart.person.user_id)]
    assert str(apart.other.user_id) not in str(data["likes"])
    assert get(apart.person, f"/api/strings/{apart.theirs.id}/likes")["meta"]["total"] == 2


def test_the_third_sees_everything(apart: Apart):
    assert get(apart.third, "/api/strings")["meta"]["total"] == 3
    assert get(apart.third, f"/api/strings/{apart.neutral.id}/comments?include_replies=1")["meta"]["total"] == 4
    assert get(apart.third, f"/api/strings/{apart.neutral.id}/likes")["meta"]["total"] == 3


def test_a_block_lifted_hides_nothing_any_more(apart: Apart):
    UserConnection.objects.filter(status=ConnectionStatus.BLOCKED).delete()

    assert get(apart.person, "/api/strings")["meta"]["total"] == 3
    assert (
        get(apart.person, f"/api/strings/{apart.neutral.id}/comments/{apart.comment.id}")["data"]["replies_count"] == 1
    )
    body_of(apart.person.client.post(f"/api/strings/{apart.theirs.id}/comments", {"content": "x"}), 201)
    assert body_of(apart.person.client.put(f"/api/strings/{apart.theirs.id}/like"))["likes_count"] == 3


@pytest.mark.parametrize("status", [s for s in ConnectionStatus if s != ConnectionStatus.BLOCKED])
def test_no_other_connection_hides_anybody(alice: Person, charlie: Person, status: ConnectionStatus):
    connect(alice, charlie, status)
    string = string_row(charlie)

    assert get(alice, "/api/strings")["meta"]["total"] == 1
    assert body_of(alice.client.put(f"/api/strings/{string.id}/like"))["likes_count"] == 1
    body_of(alice.client.post(f"/api/strings/{string.id}/comments", {"content": "x"}), 201)


def test_blocks_in_both_directions_at_once(alice: Person, charlie: Person):
    string_row(alice)
    block(alice, charlie)
    block(charlie, alice)
    third = make_person("Third")
    block(alice, third)

    assert get(alice, "/api/strings")["meta"]["total"] == 1
    assert get(charlie, "/api/strings")["data"] == get(third, "/api/strings")["data"] == []
