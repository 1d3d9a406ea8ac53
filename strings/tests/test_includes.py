"""What `include` adds to strings and comments, and to whom it does not show (docs/api.md, Resources)."""

from typing import Any

import pytest

from lifestring.testing.people import Person, block, make_person
from lifestring.testing.volume import many_people
from strings.models import String, StringComment, StringLike
from strings.tests.posts import comment_row, get, like_row, moment, string_row

pytestmark = pytest.mark.django_db

STRING_KEYS = {
    *("id", "user_id", "content_text", "content_images", "stringable_type", "stringable_id", "likes_count"),
    *("comments_count", "created_at", "updated_at", "user", "is_liked_by_user", "links"),
}
COMMENT_KEYS = {
    *("id", "string_id", "user_id", "parent_comment_id", "content", "created_at", "updated_at", "is_reply"),
    *("replies_count", "links"),
}


def author(person: Person) -> dict[str, Any]:
    profile = person.profile
    return {
        "id": str(profile.id),
        "user_id": str(person.user_id),
        "name": person.name,
        "is_admin": bool(profile.is_admin),
        "is_mod": bool(profile.is_mod),
    }


@pytest.fixture
def busy(alice: Person, bob: Person) -> list[String]:
    """Two strings with 25 top-level comments, 25 replies to the newest of them, and 25 likes each."""
    strings = [string_row(alice, second, comments_count=50, likes_count=25) for second in (1, 2)]
    likers = many_people(25)
    for number, string in enumerate(strings):
        comments = [
            StringComment(user_id=bob.user_id, string=string, content=f"{number}: {second}", created_at=moment(second))
            for second in range(25)
        ]
        replies = [
            StringComment(
                user_id=alice.user_id,
                string=string,
                content=f"{number}: reply {second}",
                created_at=moment(100 + second),
                parent_comment=comments[-1],
            )
            for second in range(25)
        ]
        StringComment.objects.bulk_create([*comments, *replies])
        StringLike.objects.bulk_create(
            StringLike(user_id=user_id, string=string, created_at=moment(second))
            for second, user_id in enumerate(likers)
        )
    return strings


def test_a_string_includes_its_newest_twenty_top_level_comments(alice: Person, bob: Person, busy: list[String]):
    for number, string in enumerate(busy):
        data = get(alice, f"/api/strings/{string.id}?include=comments")["data"]

        assert data.keys() == STRING_KEYS | {"comments"}
        assert [comment["content"] for comment in data["comments"]] == [f"{number}: {n}" for n in range(24, 4, -1)]
        assert all(comment.keys() == COMMENT_KEYS | {"user"} for comment in data["comments"])
        assert [comment["replies_count"] for comment in data["comments"]] == [25] + [0] * 19
        assert {comment["string_id"] for comment in data["comments"]} == {str(string.id)}
        assert data["comments"][0]["user"] == author(bob)
        assert data["comments_count"] == 50


def test_a_string_includes_its_newest_twenty_likes(alice: Person, busy: list[String]):
    for string in busy:
        newest = StringLike.objects.filter(string=string).order_by("-created_at")[:20]
        data = get(alice, f"/api/strings/{string.id}?include=likes")["data"]

        assert data.keys() == STRING_KEYS | {"likes"}
        assert data["likes"] == [{"user_id": str(like.user_id)} for like in newest]
        assert data["likes_count"] == 25


@pytest.mark.parametrize("route", ["strings", "my/strings", "my/liked-strings"])
@pytest.mark.parametrize("mode", [{}, {"cursor": ""}], ids=["pages", "cursor"])
def test_lists_include_the_same_for_each_string(alice: Person, busy: list[String], route: str, mode: dict[str, str]):
    bare = string_row(alice, 3)
    for string in (*busy, bare):
        like_row(alice, string, 200)
    string_row(make_person("Zoe"), 0)

    listed = get(alice, f"/api/{route}", include="comments,likes", per_page=3, **mode)["data"]

    assert [string["id"] for string in listed] == [str(bare.id), str(busy[1].id), str(busy[0].id)]
    assert (listed[0]["comments"], len(listed[0]["likes"])) == ([], 1)
    for string in listed:
        assert string == get(alice, f"/api/strings/{string['id']}", include="comments,likes")["data"]


def test_the_author_is_there_with_and_without_the_include(alice: Person, bob: Person):
    string = string_row(alice)
    for query in ("", "?include=user", "?include="):
        assert get(bob, f"/api/strings/{string.id}{query}")["data"]["user"] == author(alice)


IGNORED = [
    *(
        "nonsense",
        "User",
        "USER",
        "comments.user",
        "likes.user",
        "comment",
        "like",
        "author",
        "string_likes",
        "__all__",
    ),
    *(
        "user__auth_user",
        "embedding",
        " comments",
        "comments ",
        "comments;likes",
        "comments|likes",
        "*",
        ",",
        ",,,",
        "🙂",
    ),
]


def test_names_that_are_not_on_the_list_are_ignored(alice: Person, subtests: pytest.Subtests):
    string = string_row(alice)
    comment = comment_row(alice, string)
    url = f"/api/strings/{string.id}"
    for name in IGNORED:
        with subtests.test(name):
            assert get(alice, url, include=name)["data"].keys() == STRING_KEYS
            assert get(alice, "/api/strings", include=name)["data"][0].keys() == STRING_KEYS
            assert get(alice, url, include=f"{name},likes")["data"].keys() == STRING_KEYS | {"likes"}
            assert get(alice, f"{url}/comments/{comment.id}", include=f"comments,{name}")["data"].keys() == COMMENT_KEYS
            assert get(alice, f"{url}/comments", include=name, withCount=name)["data"][0].keys() == COMMENT_KEYS


# --- comments ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def thread(alice: Person, bob: Person, charlie: Person) -> tuple[String, StringComment, StringComment, StringComment]:
    """bob's comment, charlie's reply to it, alice's reply to that."""
    string = string_row(alice)
    top = comment_row(bob, string, 1)
    middle = comment_row(charlie, string, 2, parent_comment=top)
    return string, top, middle, comment_row(alice, string, 3, parent_comment=middle)


INCLUDES = [
    ("", set()),
    ("user", {"user"}),
    ("replies", {"replies"}),
    ("replies.user", {"replies"}),
    ("parentComment", {"parent_comment"}),
    ("user,replies,replies.user,parentComment", {"user", "replies", "parent_comment"}),
    ("parent_comment,parent,replies.replies,replies.nonsense,reply", set()),
]


def test_what_each_name_adds_to_a_comment(thread: Any, charlie: Person, subtests: pytest.Subtests):
    string, top, middle, _ = thread
    url = f"/api/strings/{string.id}/comments"
    for include, added in INCLUDES:
        with subtests.test(include):
            shown = get(charlie, f"{url}/{middle.id}", include=include)["data"]
            listed = get(charlie, url, include=include, include_replies=1)["data"]
            below = get(charlie, f"{url}/{top.id}/replies", include=include)["data"]

            assert shown.keys() == COMMENT_KEYS | added
            assert [comment for comment in listed if comment["id"] == str(middle.id)] == [shown]
            assert below == [shown]


def test_a_comments_author_replies_and_parent(thread: Any, alice: Person, bob: Person, charlie: Person):
    string, top, middle, bottom = thread
    url = f"/api/strings/{string.id}/comments"

    full = get(alice, f"{url}/{middle.id}", include="user,replies,replies.user,parentComment")["data"]
    assert full["user"] == author(charlie)
    assert full["parent_comment"] == get(alice, f"{url}/{top.id}", include="user")["data"]
    assert full["replies"] == [get(alice, f"{url}/{bottom.id}", include="user")["data"]]

    bare = get(alice, f"{url}/{middle.id}", include="replies,parentComment")["data"]
    assert bare["parent_comment"].keys() == bare["replies"][0].keys() == COMMENT_KEYS
    assert get(alice, f"{url}/{top.id}", include="parentComment,replies")["data"]["parent_comment"] is None
    assert get(alice, f"{url}/{bottom.id}", include="parentComment,replies")["data"]["replies"] == []
    assert author(bob) == get(alice, f"{url}/{top.id}", include="user")["data"]["user"]


def test_a_comment_includes_its_first_twenty_replies(alice: Person, busy: list[String]):
    string = busy[1]
    for comment in get(alice, f"/api/strings/{string.id}/comments", include="replies")["data"][:1]:
        assert [reply["content"] for reply in comment["replies"]] == [f"1: reply {n}" for n in range(20)]
        assert comment["replies_count"] == 25


def test_one_page_of_comments_shares_its_parents_and_keeps_replies_apart(alice: Person):
    string = string_row(alice)
    tops = [comment_row(alice, string, second, content=f"top {second}") for second in range(3)]
    for second, top in enumerate(tops):
        for n in range(2):
            comment_row(alice, string, 10 * second + n + 10, content=f"under {second}", parent_comment=top)

    page = get(alice, f"/api/strings/{string.id}/comments", include="replies,parentComment", include_replies=1)["data"]

    for comment in page:
        if comment["is_reply"]:
            number = comment["content"][-1]
            assert (comment["parent_comment"]["content"], comment["replies"]) == (f"top {number}", [])
        else:
            number = comment["content"][-1]
            assert [reply["content"] for reply in comment["replies"]] == [f"under {number}"] * 2
            assert comment["parent_comment"] is None
    assert len(page) == 9


# --- hidden people ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["caller blocked", "caller was blocked"])
def test_hidden_people_are_in_no_include(alice: Person, charlie: Person, direction: str):
    hidden = make_person("Hidden")
    string = string_row(alice)
    seen, unseen = comment_row(alice, string, 1, content="seen"), comment_row(hidden, string, 2, content="unseen")
    comment_row(hidden, string, 3, content="unseen reply", parent_comment=seen)
    orphan = comment_row(alice, string, 4, content="seen reply", parent_comment=unseen)
    for person in (hidden, alice):
        like_row(person, string, 1)
    block(*((charlie, hidden) if direction == "caller blocked" else (hidden, charlie)))

    url = f"/api/strings/{string.id}"
    shown = get(charlie, url, include="comments,likes")["data"]
    listed = get(charlie, "/api/strings", include="comments,likes")["data"]
    assert listed == [shown]
    assert [comment["content"] for comment in shown["comments"]] == ["seen"]
    assert shown["comments"][0]["replies_count"] == 0
    assert shown["likes"] == [{"user_id": str(alice.user_id)}]
    assert (shown["likes_count"], shown["comments_count"]) == (2, 4)

    comments = get(charlie, f"{url}/comments", include="replies,parentComment,user", include_replies=1)["data"]
    assert [comment["content"] for comment in comments] == ["seen reply", "seen"]
    assert [comment["parent_comment"] for comment in comments] == [None, None]
    assert [comment["replies"] for comment in comments] == [[], []]
    assert get(charlie, f"{url}/comments/{orphan.id}", include="parentComment")["data"]["parent_comment"] is None
    assert str(hidden.user_id) not in str([shown, comments])

    assert len(get(alice, url, include="comments,likes")["data"]["comments"]) == 2
