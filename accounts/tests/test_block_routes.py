"""Setting and lifting a block, and what it makes of connections: to the blocked nobody is there (docs/api.md, Blocks)."""

import uuid
from typing import Any

import pytest

from accounts.models import ConnectionStatus, UserConnection
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, connect, make_person

pytestmark = pytest.mark.django_db


def of(person: Person) -> str:
    return f"/api/users/{person.user_id}/block"


def rows() -> set[tuple[uuid.UUID, uuid.UUID, str]]:
    return set(UserConnection.objects.values_list("requester_id", "receiver_id", "status"))


def blocks(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = person.client.get(f"/api/my/blocks{query}")
    assert_documented(answer)
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def same(answer: Any, other: Any) -> bool:
    return bool(
        answer.status_code == other.status_code
        and answer.json() | {"request_id": 0} == other.json() | {"request_id": 0}
    )


@pytest.mark.parametrize("by", ["user_id", "id"])
def test_a_block_is_set_listed_and_lifted_each_as_often_as_one_likes(alice: Person, charlie: Person, by: str):
    url = f"/api/users/{getattr(charlie.profile, by)}/block"
    first = alice.client.post(url)
    assert first.status_code == 201
    assert_documented(first)
    shown = first.json()["data"]
    assert (shown["user_id"], shown["user"]["name"]) == (str(charlie.user_id), "Charlie")
    assert alice.client.post(url).json()["data"] == shown
    assert blocks(alice) == [shown]
    assert blocks(charlie) == []
    assert rows() == {(alice.user_id, charlie.user_id, "blocked")}
    for _ in range(2):
        assert alice.client.delete(url).status_code == 204
    assert (rows(), blocks(alice)) == (set(), [])


@pytest.mark.parametrize("status", [s for s in ConnectionStatus if s != ConnectionStatus.BLOCKED])
@pytest.mark.parametrize("sent", [True, False])
def test_it_takes_the_place_of_what_was_and_brings_nothing_back(
    alice: Person, charlie: Person, status: ConnectionStatus, sent: bool
):
    connect(*((alice, charlie) if sent else (charlie, alice)), status)
    alice.client.post(of(charlie))
    assert rows() == {(alice.user_id, charlie.user_id, "blocked")}
    # Another client's doing, while the block stands.
    connect(charlie, alice, ConnectionStatus.ACCEPTED)
    alice.client.delete(of(charlie))
    assert rows() == set()
    assert charlie.client.post("/api/connections", {"receiver_id": str(alice.user_id)}).status_code == 201


def test_nobody_blocks_themself_or_somebody_who_is_not_there(alice: Person, charlie: Person):
    oneself = alice.client.post(of(alice))
    assert_error(oneself, 422, "validation_failed", field="user")
    assert_documented(oneself)
    assert alice.client.delete(of(alice)).status_code == 404
    for method in ("post", "delete"):
        assert_error(getattr(alice.client, method)(f"/api/users/{uuid.uuid4()}/block"), 404, "not_found")
        assert_error(getattr(alice.client, method)("/api/users/nobody/block"), 404, "not_found")
    assert rows() == set()


def test_to_the_blocked_the_blocker_answers_like_nobody_on_every_route(
    alice: Person, charlie: Person, subtests: pytest.Subtests
):
    alice.client.post(of(charlie))
    unknown = uuid.uuid4()
    routes: list[tuple[str, str, dict[str, Any]]] = [
        ("get", "/api/connections/{}", {}),
        ("get", "/api/connections/{}?include=requester,receiver", {}),
        ("put", "/api/connections/{}", {"status": "accepted"}),
        ("put", "/api/connections/{}/respond", {"accept": True}),
        ("delete", "/api/connections/{}", {}),
        ("post", "/api/users/{}/block", {}),
        ("delete", "/api/users/{}/block", {}),
    ]
    for method, path, body in routes:
        with subtests.test(f"{method} {path}"):
            for given in (alice.user_id, alice.profile.id):
                found, none = (getattr(charlie.client, method)(path.format(who), body) for who in (given, unknown))
                assert_error(found, 404, "not_found")
                assert same(found, none)
    asked, none = (charlie.client.post("/api/connections", {"receiver_id": str(w)}) for w in (alice.user_id, unknown))
    assert_error(asked, 422, "validation_failed", field="receiver_id")
    assert same(asked, none)
    assert rows() == {(alice.user_id, charlie.user_id, "blocked")}


def test_the_blocker_sees_it_and_gets_round_it_by_lifting_it_only(alice: Person, charlie: Person):
    alice.client.post(of(charlie))
    url = f"/api/connections/{charlie.user_id}"
    assert alice.client.get(url).json()["connection"]["status"] == "blocked"
    (row,) = alice.client.get("/api/connections?status=blocked&include=receiver").json()["data"]
    assert row["receiver"]["user_id"] == str(charlie.user_id)
    assert alice.client.get("/api/connections").json()["data"] == []
    assert_error(alice.client.delete(url), 403, "blocked")
    assert_error(alice.client.put(url, {"status": "accepted"}), 403, "blocked")
    assert_error(alice.client.put(f"{url}/respond", {"accept": True}), 403, "blocked")
    assert_error(alice.client.post("/api/connections", {"receiver_id": str(charlie.user_id)}), 403, "blocked")
    assert rows() == {(alice.user_id, charlie.user_id, "blocked")}


def test_whoever_blocks_does_not_notice_being_blocked_too(alice: Person, charlie: Person):
    alice.client.post(of(charlie))
    url = f"/api/connections/{charlie.user_id}"

    def seen() -> list[Any]:
        answers = [
            alice.client.get(url),
            alice.client.delete(url),
            alice.client.get("/api/my/blocks"),
            alice.client.post("/api/connections", {"receiver_id": str(charlie.user_id)}),
            alice.client.post(of(charlie)),
        ]
        return [(answer.status_code, answer.json() | {"request_id": 0}) for answer in answers]

    before = seen()
    block(charlie, alice)
    assert seen() == before
    assert alice.client.delete(of(charlie)).status_code == 204
    assert rows() == {(charlie.user_id, alice.user_id, "blocked")}
    assert_error(alice.client.delete(of(charlie)), 404)
    assert charlie.client.delete(of(alice)).status_code == 204
    assert rows() == set()


LISTS = ["/api/connections?include=requester,receiver", "/api/connections?cursor=&type={side}", "/api/my/connections",
         "/api/my/pending-requests", "/api/connections?status_filter=accepted", "/api/connections?status_filter=pending",
         "/api/connections?status_filter=&type={side}", "/api/connections/accepted", "/api/connections/pending",
         "/api/discover"]  # fmt: skip


@pytest.mark.parametrize("leftover", [ConnectionStatus.ACCEPTED, ConnectionStatus.PENDING])
def test_beside_a_block_no_list_shows_what_another_client_left(
    alice: Person, charlie: Person, leftover: ConnectionStatus, subtests: pytest.Subtests
):
    block(alice, charlie)
    connect(charlie, alice, leftover)
    for person, other, side in ((alice, charlie, "received"), (charlie, alice, "sent")):
        for url in LISTS:
            with subtests.test(url):
                answer = person.client.get(url.format(side=side))
                assert answer.status_code == 200
                assert str(other.user_id) not in answer.content.decode()
                body = answer.json()
                if isinstance(body, dict):
                    assert body.get("total", body.get("meta", {}).get("total", 0)) == 0
    UserConnection.objects.filter(status="blocked").delete()
    shown = {
        url: str(charlie.user_id) in alice.client.get(url.format(side="received")).content.decode() for url in LISTS
    }
    assert sum(shown.values()) >= 5, "without the block the lists do show it"


def test_blocks_are_paged_by_time(alice: Person):
    people = [make_person(f"Person {n}") for n in range(3)]
    for number, person in enumerate(people):
        block(alice, person)
        UserConnection.objects.filter(receiver_id=person.user_id).update(created_at=f"2026-01-0{number + 1}T00:00:00Z")
    names = [person.name for person in people]
    assert [row["user"]["name"] for row in blocks(alice)] == names[::-1]
    assert [row["user"]["name"] for row in blocks(alice, "?sort_dir=asc&cursor=&per_page=2")] == names[:2]
