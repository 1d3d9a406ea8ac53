"""Comments: writing, reading, changing, deleting, and who may (docs/api.md, Strings and Who may what)."""

import itertools
import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AuthUser, UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from strings.models import String, StringComment
from strings.tests.posts import (
    UNKNOWN,
    body_of,
    comment_row,
    counts,
    get,
    moment,
    post_comment,
    post_string,
    string_row,
)

pytestmark = pytest.mark.django_db

both = pytest.mark.parametrize("method", ["put", "patch"])


@pytest.fixture
def string(alice: Person) -> str:
    return post_string(alice)


@pytest.fixture
def everyone(request: pytest.FixtureRequest) -> dict[str, Person]:
    return {name: request.getfixturevalue(name) for name in ("alice", "bob", "charlie", "mod", "admin")}


def contents(person: Person, string: Any, **query: Any) -> list[str]:
    return [row["content"] for row in get(person, f"/api/strings/{string}/comments", **query)["data"]]


def test_a_comment_is_answered_as_the_contract_shows_it(bob: Person, string: str):
    data = body_of(bob.client.post(f"/api/strings/{string}/comments", {"content": " Count me in!\n"}), 201)["data"]

    address = f"http://testserver/api/strings/{string}"
    assert data == {
        "id": data["id"],
        "string_id": string,
        "user_id": str(bob.user_id),
        "parent_comment_id": None,
        "content": " Count me in!\n",
        "created_at": data["created_at"],
        "updated_at": data["created_at"],
        "is_reply": False,
        "replies_count": 0,
        "links": {"self": f"{address}/comments/{data['id']}", "string": address},
    }
    assert get(bob, f"/api/strings/{string}/comments/{data['id']}")["data"] == data
    assert get(bob, f"/api/strings/{string}/comments")["data"] == [data]
    assert counts(string) == (0, 1)


def test_everybody_comments_also_authors_and_more_than_once(everyone: dict[str, Person], string: str):
    for n, person in enumerate(itertools.chain(everyone.values(), everyone.values()), start=1):
        post_comment(person, string, f"comment {n}")
        assert counts(string) == (0, n)


GOOD = ["x", "x" * 2_000, "🙂" * 2_000, " x ", "<b>", "%s {} ' \" \\ \n\t", "a\u2028b"]
BAD: list[tuple[Any, str]] = [
    ({}, "content"),
    ({"content": None}, "content"),
    ({"content": ""}, "content"),
    ({"content": " \n\u3000"}, "content"),
    ({"content": "x" * 2_001}, "content"),
    ({"content": "🙂" * 2_001}, "content"),
    ({"content": " " * 2_001}, "content"),
    ({"content": ["x"]}, "content"),
    ({"content": {"text": "x"}}, "content"),
    ({"content": True}, "content"),
    ({"content_text": "x"}, "content"),
    ([{"content": "x"}], "body"),
    ("x", "body"),
    (None, "body"),
]
BAD_PARENTS = ["", "x", 5, True, [], {}, UNKNOWN, UNKNOWN[:-1], 2**200]
UNSTORABLE = ['"a\\u0000b"', '"\\ud800"', '"\\udc00 x"', "1e999", "9" * 5_000, f"{'[' * 50_000}{']' * 50_000}"]


def test_a_good_comment_is_kept_as_it_was_sent(bob: Person, string: str, subtests: pytest.Subtests):
    for content in GOOD:
        with subtests.test(content[:10]):
            comment = post_comment(bob, string, content)
            assert get(bob, f"/api/strings/{string}/comments/{comment}")["data"]["content"] == content
    assert counts(string) == (0, len(GOOD))


def test_a_bad_comment_is_422_and_stores_nothing(bob: Person, string: str, subtests: pytest.Subtests):
    url = f"/api/strings/{string}/comments"
    bad_parents = [({"content": "x", "parent_comment_id": given}, "parent_comment_id") for given in BAD_PARENTS]
    for body, field in [*BAD, *bad_parents]:
        with subtests.test(str(body)[:40]):
            answer = bob.client.generic("POST", url, json.dumps(body), content_type="application/json")
            assert_error(answer, 422, "validation_failed", field=field)
    for value in UNSTORABLE:
        with subtests.test(value[:20]):
            answer = bob.client.generic("POST", url, f'{{"content": {value}}}', content_type="application/json")
            assert_error(answer, 422, "validation_failed")
    for raw in ("{", '{"content": NaN}', "'x'"):
        with subtests.test(raw):
            assert_error(bob.client.generic("POST", url, raw, "application/json"), 400, "malformed_json")
    assert counts(string) == (0, 0)


def test_read_only_and_unknown_fields_are_ignored(alice: Person, bob: Person, string: str):
    other = post_string(alice)
    body = {
        "content": "x",
        "id": UNKNOWN,
        "string_id": other,
        "user_id": str(alice.user_id),
        "created_at": None,
        "y": 1,
    }

    data = body_of(bob.client.post(f"/api/strings/{string}/comments", body), 201)["data"]

    assert (data["string_id"], data["user_id"]) == (string, str(bob.user_id))
    assert data["id"] != UNKNOWN
    assert (counts(string), counts(other)) == ((0, 1), (0, 0))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_the_newest_top_level_comments_come_first(alice: Person, bob: Person):
    string, other = string_row(alice), string_row(alice)
    first, *_ = [comment_row(bob, string, second) for second in (1, 3, 2)]
    comment_row(alice, string, 4, parent_comment=first)
    comment_row(alice, other, 5)

    assert contents(alice, string.id) == ["comment 3", "comment 2", "comment 1"]
    assert contents(alice, string.id, sort_dir="asc") == ["comment 1", "comment 2", "comment 3"]
    assert contents(alice, string.id, include_replies=1) == ["comment 4", "comment 3", "comment 2", "comment 1"]
    assert get(alice, f"/api/strings/{string.id}/comments")["meta"]["total"] == 3
    assert get(alice, f"/api/strings/{string.id}/comments", include_replies="true")["meta"]["total"] == 4


def test_comments_sort_by_when_they_were_changed(alice: Person):
    string = string_row(alice)
    for second, changed in [(1, 9), (2, 7), (3, 8)]:
        comment_row(alice, string, second, updated_at=moment(changed))

    assert contents(alice, string.id, sort_by="updated_at") == ["comment 1", "comment 3", "comment 2"]
    assert contents(alice, string.id, sort_by="content") == ["comment 3", "comment 2", "comment 1"]


def test_what_counts_as_asking_for_replies(alice: Person, string: str):
    post_comment(alice, string, "reply", post_comment(alice, string, "top"))
    for value in ("", "1", "true", "TRUE", "yes", "on"):
        assert contents(alice, string, include_replies=value) == ["reply", "top"], value
    for value in ("0", "false", "no", "off", "nonsense", "🙂"):
        assert contents(alice, string, include_replies=value) == ["top"], value


def test_comments_are_paged_without_gap_among_ties(alice: Person):
    string = string_row(alice)
    for n in range(11):
        comment_row(alice, string, n // 5, content=f"{n}")
    whole = contents(alice, string.id, per_page=100)

    numbered = [text for page in (1, 2, 3) for text in contents(alice, string.id, per_page=4, page=page)]
    walked, link = [], f"/api/strings/{string.id}/comments?cursor=&per_page=4"
    while link:
        page = get(alice, link)
        walked += [row["content"] for row in page["data"]]
        link = page["links"]["next"]

    assert sorted(whole, key=int) == [str(n) for n in range(11)]
    assert numbered == walked == whole


def test_a_comment_outlives_its_authors_profile(alice: Person):
    gone = AuthUser.objects.create(email="gone@lifestring.example")
    UserProfile.objects.filter(user_id=gone.id).delete()
    string = string_row(alice)
    comment = comment_row(gone.id, string)

    for url in ("comments?include=user", f"comments/{comment.id}?include=user", "comments?include=user,replies.user"):
        data = get(alice, f"/api/strings/{string.id}/{url}")["data"]
        data = data[0] if isinstance(data, list) else data
        assert (data["user_id"], data["user"]) == (str(gone.id), None)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_comment_is_only_where_it_was_written(everyone: dict[str, Person], string: str, method: str):
    other = post_string(everyone["alice"])
    comment = post_comment(everyone["bob"], string)

    for person in everyone.values():
        for address in (f"{other}/comments/{comment}", f"{string}/comments/{UNKNOWN}", f"{UNKNOWN}/comments/{comment}"):
            answer = getattr(person.client, method)(f"/api/strings/{address}", {"content": "changed"})
            assert_error(answer, 404, "not_found")
    assert_error(everyone["bob"].client.get(f"/api/strings/{other}/comments/{comment}/replies"), 404, "not_found")
    assert (counts(string), counts(other)) == ((0, 1), (0, 0))
    assert StringComment.objects.get().content == "a comment"


# --- changing ---------------------------------------------------------------------------------------------------------


MAY_EDIT = {"bob": True, "mod": True, "admin": True, "alice": False, "charlie": False}
MAY_DELETE = {"bob": True, "alice": True, "mod": True, "admin": True, "charlie": False}


@both
def test_author_and_staff_change_a_comment_the_strings_author_does_not(
    everyone: dict[str, Person], string: str, method: str, subtests: pytest.Subtests
):
    for who, may in MAY_EDIT.items():
        with subtests.test(who):
            comment = post_comment(everyone["bob"], string, "before")
            url = f"/api/strings/{string}/comments/{comment}"

            answer = getattr(everyone[who].client, method)(url, {"content": "after"})

            if may:
                assert body_of(answer)["data"]["user_id"] == str(everyone["bob"].user_id)
            else:
                assert_error(answer, 403, "forbidden")
            assert get(everyone["alice"], url)["data"]["content"] == ("after" if may else "before")


@both
def test_a_change_touches_the_text_alone(alice: Person, bob: Person, method: str):
    string, other = string_row(alice), string_row(alice)
    top, elsewhere = comment_row(alice, string, 1), comment_row(alice, other, 1)
    comment = comment_row(bob, string, 2, parent_comment=top, updated_at=moment(2))
    comment_row(alice, string, 3, parent_comment=comment)
    url = f"/api/strings/{string.id}/comments/{comment.id}"
    before = get(bob, url)["data"]

    sent = {"content": " new ", "parent_comment_id": str(elsewhere.id), "string_id": str(other.id), "user_id": UNKNOWN}
    data = body_of(getattr(bob.client, method)(url, sent))["data"]

    assert data.pop("updated_at") > before.pop("updated_at")
    assert data == before | {"content": " new "}
    assert (counts(string.id), counts(other.id)) == ((0, 3), (0, 1))


@both
def test_a_bad_change_is_422_and_changes_nothing(bob: Person, string: str, method: str, subtests: pytest.Subtests):
    url = f"/api/strings/{string}/comments/{post_comment(bob, string, 'before')}"
    for body, field in BAD:
        with subtests.test(str(body)[:40]):
            answer = bob.client.generic(method.upper(), url, json.dumps(body), content_type="application/json")
            assert_error(answer, 422, "validation_failed", field=field)
    for value in UNSTORABLE:
        with subtests.test(value[:20]):
            answer = bob.client.generic(method.upper(), url, f'{{"content": {value}}}', "application/json")
            assert_error(answer, 422, "validation_failed")
    assert get(bob, url)["data"]["content"] == "before"


# --- deleting ---------------------------------------------------------------------------------------------------------


def test_author_strings_author_and_staff_delete_a_comment_and_nobody_else(
    everyone: dict[str, Person], string: str, subtests: pytest.Subtests
):
    for who, may in MAY_DELETE.items():
        with subtests.test(who):
            comment = post_comment(everyone["bob"], string)
            url = f"/api/strings/{string}/comments/{comment}"
            _, before = counts(string)

            answer = everyone[who].client.delete(url)

            if may:
                assert (answer.status_code, answer.content) == (204, b"")
                assert_error(everyone[who].client.delete(url), 404, "not_found")
                assert_error(everyone["bob"].client.get(url), 404, "not_found")
            else:
                assert_error(answer, 403, "forbidden")
            assert counts(string) == (0, before - may)


def test_deleting_comments_leaves_the_string_as_it_is(alice: Person, bob: Person):
    string = string_row(alice)
    bob.client.put(f"/api/strings/{string.id}/like")
    before = get(alice, f"/api/strings/{string.id}")["data"]

    bob.client.delete(f"/api/strings/{string.id}/comments/{post_comment(bob, str(string.id))}")

    assert get(alice, f"/api/strings/{string.id}")["data"] == before
    assert String.objects.get(id=string.id).comments_count == 0


def test_nobody_writes_without_a_token(anonymous: APIClient, bob: Person, string: str):
    comment = post_comment(bob, string)
    for method, address in [
        *(("post", "comments"), ("put", f"comments/{comment}"), ("patch", f"comments/{comment}")),
        ("delete", f"comments/{comment}"),
    ]:
        answer = getattr(anonymous, method)(f"/api/strings/{string}/{address}", {"content": "x"})
        assert_error(answer, 401, "not_authenticated")
    assert counts(string) == (0, 1)
