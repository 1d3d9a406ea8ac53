"""What a block does, in both directions and on every route: two people who no longer meet (docs/api.md, Blocks)."""

from typing import Any

import pytest

from accounts.models import ConnectionStatus, UserConnection
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, block, connect

pytestmark = pytest.mark.django_db


class World:
    """Two people, their strings, and a third person's string on which both commented; bob blocks nobody."""

    def __init__(self, one: Person, other: Person, third: Person) -> None:
        self.one, self.other, self.third = one, other, third
        self.strings = {person: self.post(person, f"by {person.name} everywhere") for person in (one, other, third)}
        self.common = self.strings[third]
        self.comments = {person: self.comment(person, self.common) for person in (one, other)}
        self.reply = self.comment(other, self.common, self.comments[one])
        for person in (one, other):
            assert person.client.put(f"/api/strings/{self.common}/like").status_code == 200
            for liked in (one, other):
                assert person.client.put(f"/api/strings/{self.strings[liked]}/like").status_code == 200

    def post(self, person: Person, text: str) -> str:
        return str(person.client.post("/api/strings", {"content_text": text}).json()["data"]["id"])

    def comment(self, person: Person, string: str, parent: str | None = None) -> str:
        body = {"content": f"comment by {person.name}", "parent_comment_id": parent}
        return str(person.client.post(f"/api/strings/{string}/comments", body).json()["data"]["id"])


@pytest.fixture
def world(alice: Person, charlie: Person, bob: Person) -> World:
    return World(alice, charlie, bob)


@pytest.fixture(params=["blocker", "blocked", "mutual"])
def sides(request: pytest.FixtureRequest, world: World) -> tuple[Person, Person]:
    """(who looks, whom they do not see); the looker blocks, is blocked, or both."""
    if request.param in {"blocker", "mutual"}:
        block(world.one, world.other)
    if request.param in {"blocked", "mutual"}:
        block(world.other, world.one)
    return world.one, world.other


def listed(viewer: Person, url: str) -> list[dict[str, Any]]:
    answer = viewer.client.get(url)
    assert answer.status_code == 200, answer.content
    data = answer.json()
    if "search" in url and "q=" in url:
        found = data["data"]
        return [*found["strings"], *found["people"], *found["events"]]
    rows: list[dict[str, Any]] = data if isinstance(data, list) else data["data"]
    return rows


LISTS = ["/api/users", "/api/users?cursor=", "/api/users?per_page=100&sort_by=updated_at", "/api/users?search={name}",
         "/api/strings", "/api/strings?cursor=", "/api/strings?search=everywhere", "/api/strings?user_id={user}",
         "/api/strings?sort_by=likes_count", "/api/my/liked-strings", "/api/strings/{common}/likes",
         "/api/strings/{common}/comments", "/api/strings/{common}/comments?include_replies=1", "/api/search?q=everywhere",
         "/api/search?q={name}", "/api/discover"]  # fmt: skip


def test_neither_appears_in_a_list_of_the_other_s(
    world: World, sides: tuple[Person, Person], subtests: pytest.Subtests
):
    viewer, hidden = sides
    for pattern in LISTS:
        url = pattern.format(name=hidden.name, user=hidden.user_id, common=world.common)
        with subtests.test(pattern):
            rows = listed(viewer, url)
            assert not [row for row in rows if str(hidden.user_id) in str(row) or hidden.name in str(row)]
            if "user_id=" not in url and "{name}" not in url:
                assert str(hidden.user_id) in {row["user_id"] for row in listed(world.third, url)} or "/my/" in url


def test_includes_leave_the_other_out(world: World, sides: tuple[Person, Person]):
    viewer, hidden = sides
    for include in ("comments", "likes", "comments,likes,user"):
        for url in (f"/api/strings/{world.common}?include={include}", f"/api/strings?include={include}"):
            text = viewer.client.get(url).content.decode()
            assert str(hidden.user_id) not in text
            assert f"comment by {hidden.name}" not in text


def test_totals_count_only_what_is_listed(world: World, sides: tuple[Person, Person]):
    viewer, _ = sides
    for url in (
        "/api/users",
        "/api/strings",
        f"/api/strings/{world.common}/likes",
        f"/api/strings/{world.common}/comments",
    ):
        body = viewer.client.get(f"{url}?per_page=1").json()
        assert body["meta"]["total"] == len(listed(viewer, f"{url}?per_page=100"))


def test_replies_of_the_other_are_neither_shown_nor_counted(world: World, sides: tuple[Person, Person]):
    viewer, hidden = sides
    own = f"/api/strings/{world.common}/comments/{world.comments[viewer]}"
    shown = viewer.client.get(f"{own}?include=replies,replies.user").json()["data"]
    assert (shown["replies"], shown["replies_count"]) == ([], 0)
    assert listed(viewer, f"{own}/replies") == []
    assert_error(viewer.client.get(f"/api/strings/{world.common}/comments/{world.comments[hidden]}"), 404, "not_found")
    assert_error(viewer.client.get(f"/api/strings/{world.common}/comments/{world.comments[hidden]}/replies"), 404)
    assert world.third.client.get(own).json()["data"]["replies_count"] == 1


def test_a_reply_to_the_other_hides_what_it_answers(world: World, sides: tuple[Person, Person]):
    viewer, hidden = sides
    UserConnection.objects.all().delete()
    answer = world.comment(world.third, world.common, world.comments[hidden])
    block(viewer, hidden)
    url = f"/api/strings/{world.common}/comments/{answer}?include=parentComment"
    assert viewer.client.get(url).json()["data"]["parent_comment"] is None
    assert world.third.client.get(url).json()["data"]["parent_comment"]["id"] == world.comments[hidden]


def test_counts_on_strings_stay_those_of_the_rows(world: World, sides: tuple[Person, Person]):
    viewer, _ = sides
    shown = viewer.client.get(f"/api/strings/{world.common}").json()["data"]
    assert (shown["likes_count"], shown["comments_count"]) == (2, 3)


@pytest.mark.parametrize(("method", "path"), [("post", "like"), ("put", "like"), ("post", "comments")])
def test_neither_likes_or_comments_on_a_string_of_the_other_s(
    world: World, sides: tuple[Person, Person], method: str, path: str
):
    viewer, hidden = sides
    string = world.strings[hidden]
    viewer.client.delete(f"/api/strings/{string}/like")
    before = world.third.client.get(f"/api/strings/{string}").json()["data"]
    answer = getattr(viewer.client, method)(f"/api/strings/{string}/{path}", {"content": "hi"})
    body = assert_error(answer, 403, "blocked")
    assert "block" not in body["message"].lower(), "nobody is told that they were blocked"
    after = world.third.client.get(f"/api/strings/{string}").json()["data"]
    assert (after["likes_count"], after["comments_count"]) == (before["likes_count"], before["comments_count"])


def test_a_like_given_before_can_be_taken_back(world: World, sides: tuple[Person, Person]):
    viewer, hidden = sides
    string = world.strings[hidden]
    assert viewer.client.delete(f"/api/strings/{string}/like").status_code == 204
    assert world.third.client.get(f"/api/strings/{string}").json()["data"]["likes_count"] == 1


def test_neither_replies_to_the_other_on_a_third_person_s_string(world: World, sides: tuple[Person, Person]):
    viewer, hidden = sides
    body = {"content": "hi", "parent_comment_id": world.comments[hidden]}
    assert_error(viewer.client.post(f"/api/strings/{world.common}/comments", body), 403, "blocked")
    assert viewer.client.post(f"/api/strings/{world.common}/comments", {"content": "hi"}).status_code == 201


PROFILE_ROUTES = [("get", ""), ("put", ""), ("patch", ""), ("delete", ""), ("get", "/enneagrams"),
                  ("post", "/enneagrams"), ("delete", "/enneagrams")]  # fmt: skip


@pytest.mark.parametrize("by", ["user_id", "id"])
def test_to_the_blocked_the_blocker_is_404(world: World, by: str, subtests: pytest.Subtests):
    block(world.one, world.other)
    for method, path in PROFILE_ROUTES:
        address = f"/api/users/{getattr(world.one.profile, by)}{path}"
        body = {} if method == "get" else {"enneagram_ids": [1], "meta": {"a": 1}}
        with subtests.test(f"{method} {path}"):
            assert_error(getattr(world.other.client, method)(address, body), 404, "not_found")
            assert getattr(world.third.client, method)(address, body).status_code in {200, 403}


def test_an_admin_who_was_blocked_does_their_work_but_meets_nobody(world: World, admin: Person):
    block(world.one, admin)
    address = f"/api/users/{world.one.user_id}"
    shown = admin.client.get(address).json()["data"]
    assert shown["contact_info"]["email"], "as every admin sees it"
    assert admin.client.get(f"/api/users/{world.one.profile.id}").json()["data"] == shown
    assert admin.client.patch(address, {"meta": {"note": "seen"}}).json()["data"]["meta"] == {"note": "seen"}
    assert admin.client.put(address, {"biography": {"bio": ""}}).status_code == 200
    assert admin.client.post(f"{address}/enneagrams", {"enneagram_ids": [1, 2]}).status_code == 200
    assert admin.client.delete(f"{address}/enneagrams", {"enneagram_ids": [1]}).status_code == 204
    assert [row["id"] for row in listed(admin, f"{address}/enneagrams")] == [2]
    for url in LISTS:
        address_of_list = url.format(name=world.one.name, user=world.one.user_id, common=world.common)
        assert str(world.one.user_id) not in str(listed(admin, address_of_list))
    assert admin.client.delete(address).status_code == 204
    assert_error(admin.client.get(address), 404, "not_found")


def test_to_the_blocker_the_blocked_is_still_there(world: World):
    block(world.one, world.other)
    address = f"/api/users/{world.other.user_id}"
    assert world.one.client.get(address).json()["data"]["name"] == world.other.name
    assert_error(world.one.client.patch(address, {"meta": {}}), 403, "forbidden")


def test_nothing_tells_the_blocked_about_it(world: World):
    url = "/api/me"
    before = world.other.client.get(url).json()
    block(world.one, world.other)
    assert world.other.client.get(url).json() == before
    unknown = world.other.client.get("/api/users/00000000-0000-4000-8000-000000000000").json()
    hidden = world.other.client.get(f"/api/users/{world.one.user_id}").json()
    assert hidden | {"request_id": 0} == unknown | {"request_id": 0}


@pytest.mark.parametrize(
    "status", [ConnectionStatus.PENDING, ConnectionStatus.DECLINED, ConnectionStatus.ACCEPTED, None]
)
def test_every_other_relation_hides_nobody(world: World, status: ConnectionStatus | None):
    if status is not None:
        connect(world.one, world.other, status)
    for viewer, other in ((world.one, world.other), (world.other, world.one)):
        for url in (
            "/api/users",
            "/api/strings",
            f"/api/strings/{world.common}/likes",
            f"/api/strings/{world.common}/comments",
        ):
            assert str(other.user_id) in {row["user_id"] for row in listed(viewer, url)}
        assert viewer.client.get(f"/api/users/{other.user_id}").status_code == 200
        assert viewer.client.post(f"/api/strings/{world.strings[other]}/comments", {"content": "hi"}).status_code == 201


def test_lifted_it_leaves_no_trace(world: World):
    before = [row["user_id"] for row in listed(world.other, "/api/strings")]
    block(world.one, world.other)
    assert [row["user_id"] for row in listed(world.other, "/api/strings")] != before
    UserConnection.objects.filter(status=ConnectionStatus.BLOCKED).delete()
    assert [row["user_id"] for row in listed(world.other, "/api/strings")] == before
    assert world.other.client.put(f"/api/strings/{world.strings[world.one]}/like").status_code == 200
