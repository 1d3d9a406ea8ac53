"""Conditional reads: an unchanged answer costs no body, a changed one is never withheld (RFC 9110, If-None-Match)."""

from collections.abc import Callable
from typing import Any

import pytest

from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db

READS = ["/api/me", "/api/users", "/api/users/{alice}", "/api/users/{alice}/enneagrams", "/api/enneagrams", "/api/strings",
         "/api/strings?cursor=", "/api/strings/{string}", "/api/strings/{string}?include=comments,likes",
         "/api/strings/{string}/likes", "/api/strings/{string}/comments", "/api/strings/{string}/comments/{comment}",
         "/api/strings/{string}/comments/{comment}/replies", "/api/my/strings", "/api/my/liked-strings", "/api/my/recent"]  # fmt: skip


@pytest.fixture
def place(alice: Person) -> Callable[[str], str]:
    """Fill in the ids of alice, a string of hers, and a comment on it."""
    string = alice.client.post("/api/strings", {"content_text": "x"}).json()["data"]["id"]
    comment = alice.client.post(f"/api/strings/{string}/comments", {"content": "y"}).json()["data"]["id"]
    return lambda url: url.format(alice=alice.user_id, string=string, comment=comment)


def tag_of(person: Person, url: str) -> str:
    answer = person.client.get(url)
    assert answer.status_code == 200, answer.content
    return str(answer.headers["ETag"])


@pytest.mark.parametrize("url", READS)
def test_a_repeated_read_is_304_without_a_body(alice: Person, place: Callable[[str], str], url: str):
    first = alice.client.get(place(url))
    again = alice.client.get(place(url), HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["X-Request-Id"]
    for answer in (first, again):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Authorization" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("*", 304),
        ("{tag}", 304),
        ("{strong}", 304),
        ('"other", {tag}', 304),
        ('W/"other" ,  {tag} , "more"', 304),
        ('"other"', 200),
        ('W/"other"', 200),
        ("", 200),
        (",", 200),
        ("{bare}", 200),
        ('"' + "x" * 10_000 + '"', 200),
    ],
)
def test_the_tags_given_decide(alice: Person, given: str, status: int):
    tag = tag_of(alice, "/api/me")
    strong = tag.removeprefix("W/")
    given = given.format(tag=tag, strong=strong, bare=strong.strip('"'))
    answer = alice.client.get("/api/me", HTTP_IF_NONE_MATCH=given)
    assert answer.status_code == status
    assert bool(answer.content) == (status == 200)


def test_a_head_has_the_tag_of_its_get(alice: Person):
    answer = alice.client.head("/api/me")
    assert answer.headers["ETag"] == tag_of(alice, "/api/me")
    assert alice.client.head("/api/me", HTTP_IF_NONE_MATCH=answer.headers["ETag"]).status_code == 304


def change_profile(alice: Person, bob: Person, string: str) -> Any:
    return alice.client.patch("/api/me", {"contact_info": {"name": "Alicia"}})


def like(alice: Person, bob: Person, string: str) -> Any:
    return bob.client.put(f"/api/strings/{string}/like")


def comment(alice: Person, bob: Person, string: str) -> Any:
    return bob.client.post(f"/api/strings/{string}/comments", {"content": "new"})


def edit(alice: Person, bob: Person, string: str) -> Any:
    return alice.client.patch(f"/api/strings/{string}", {"content_text": "changed"})


@pytest.mark.parametrize(
    ("change", "urls"),
    [
        (change_profile, ["/api/me", "/api/users", "/api/users/{alice}", "/api/strings", "/api/strings/{string}"]),
        (like, ["/api/strings", "/api/strings/{string}", "/api/strings/{string}/likes", "/api/my/strings", "/api/my/recent"]),
        (comment, ["/api/strings", "/api/strings/{string}", "/api/strings/{string}/comments"]),
        (edit, ["/api/strings", "/api/strings/{string}", "/api/my/strings"]),
    ],
)  # fmt: skip
def test_a_change_is_seen_at_once(
    alice: Person, bob: Person, place: Callable[[str], str], change: Callable[..., Any], urls: list[str]
):
    before = {url: tag_of(alice, place(url)) for url in urls}
    assert change(alice, bob, place("{string}")).status_code in {200, 201}
    for url, tag in before.items():
        answer = alice.client.get(place(url), HTTP_IF_NONE_MATCH=tag)
        assert answer.status_code == 200, url
        assert answer.headers["ETag"] != tag


def test_what_differs_by_caller_has_different_tags(alice: Person, charlie: Person, place: Callable[[str], str]):
    for url in ("/api/me", "/api/users/{alice}"):
        assert tag_of(alice, place(url)) != tag_of(charlie, place(url))


def test_only_successful_reads_have_tags(alice: Person, place: Callable[[str], str]):
    url = place("/api/strings/{string}")
    for answer in (
        alice.client.get("/api/strings?per_page=0", HTTP_IF_NONE_MATCH="*"),
        alice.client.get("/api/nope", HTTP_IF_NONE_MATCH="*"),
        alice.client.patch(url, {"content_text": "z"}, HTTP_IF_NONE_MATCH="*"),
        alice.client.post("/api/strings", {"content_text": "z"}, HTTP_IF_NONE_MATCH="*"),
        alice.client.delete(url, HTTP_IF_NONE_MATCH="*"),
    ):
        assert answer.status_code in {422, 404, 200, 201, 204}
        assert "ETag" not in answer.headers
