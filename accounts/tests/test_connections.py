"""Connections over REST: asked for, answered, ended, listed (docs/api.md, People)."""

import itertools
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import ConnectionStatus, UserConnection
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block, connect, make_person
from lifestring.testing.volume import EPOCH

pytestmark = pytest.mark.django_db

CONNECTIONS = "/api/connections"
# What counts more comes later.
ORDER = ["declined", "pending", "accepted", "blocked"]


def ask(one: Person, other: Person) -> Any:
    return one.client.post(CONNECTIONS, {"receiver_id": str(other.user_id)})


def address(person: Person) -> str:
    return f"{CONNECTIONS}/{person.user_id}"


def answer(one: Person, other: Person, status: str) -> Any:
    return one.client.put(address(other), {"status": status})


def rows() -> list[tuple[uuid.UUID, uuid.UUID, str]]:
    return list(UserConnection.objects.order_by("created_at").values_list("requester_id", "receiver_id", "status"))


def listed(person: Person, url: str) -> list[dict[str, Any]]:
    found = person.client.get(url)
    assert found.status_code == 200, found.content
    assert_documented(found)
    data: list[dict[str, Any]] = found.json()["data"]
    return data


def test_a_request_is_made_seen_by_both_and_accepted(alice: Person, charlie: Person):
    made = ask(alice, charlie)
    assert made.status_code == 201
    assert_documented(made)
    body = made.json()
    assert set(body) == {"message", "connection"}
    shown = body["connection"]
    assert (shown["requester_id"], shown["receiver_id"]) == (str(alice.user_id), str(charlie.user_id))
    assert shown["status"] == "pending"
    for person, other in ((alice, charlie), (charlie, alice)):
        assert person.client.get(address(other)).json() == {"connection": shown}
        assert person.client.get(f"{CONNECTIONS}/{other.profile.id}").json() == {"connection": shown}

    accepted = answer(charlie, alice, "accepted")
    assert accepted.status_code == 200
    changed = accepted.json()["connection"]
    assert changed == shown | {"status": "accepted", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > shown["updated_at"]
    assert rows() == [(alice.user_id, charlie.user_id, "accepted")]
    assert [row["requester_id"] for row in listed(charlie, "/api/my/connections")] == [str(alice.user_id)]


@pytest.mark.parametrize("word", ["declined", "dismissed"])
def test_whoever_declined_may_ask_and_whoever_was_declined_may_not(alice: Person, charlie: Person, word: str):
    ask(alice, charlie)
    assert answer(charlie, alice, word).json()["connection"]["status"] == "declined"
    assert_error(ask(alice, charlie), 422, "conflict", field="receiver_id")
    assert rows() == [(alice.user_id, charlie.user_id, "declined")]

    assert ask(charlie, alice).status_code == 201
    assert rows() == [(charlie.user_id, alice.user_id, "pending")]
    assert answer(alice, charlie, "accepted").status_code == 200


@pytest.mark.parametrize("status", [ConnectionStatus.PENDING, ConnectionStatus.ACCEPTED])
def test_a_second_connection_is_refused_in_either_direction(alice: Person, charlie: Person, status: ConnectionStatus):
    connect(alice, charlie, status)
    for one, other in ((alice, charlie), (charlie, alice)):
        assert_error(ask(one, other), 422, "conflict", field="receiver_id")
    assert rows() == [(alice.user_id, charlie.user_id, status)]


def test_nobody_asks_themself_or_somebody_who_is_not_there(alice: Person, charlie: Person, subtests: Any):
    unknown = assert_error(alice.client.post(CONNECTIONS, {"receiver_id": str(uuid.uuid4())}), 422, "validation_failed")
    assert_error(ask(alice, alice), 422, "validation_failed", field="receiver_id")
    block(charlie, alice)
    assert ask(alice, charlie).json() | {"request_id": 0} == unknown | {"request_id": 0}
    assert_error(ask(charlie, alice), 403, "blocked")
    for odd in (None, 5, True, "", "alice", [str(charlie.user_id)], {"id": 1}, "\x00", "0" * 5000):
        with subtests.test(str(odd)[:20]):
            assert_error(alice.client.post(CONNECTIONS, {"receiver_id": odd}), 422, field="receiver_id")
    assert_error(alice.client.post(CONNECTIONS, {}), 422, field="receiver_id")
    assert rows() == [(charlie.user_id, alice.user_id, "blocked")]


def test_only_the_receiver_of_a_pending_request_answers_it(alice: Person, charlie: Person, admin: Person):
    ask(alice, charlie)
    assert_error(answer(alice, charlie, "accepted"), 403, "forbidden")
    for outsider in (admin, make_person("Dana")):
        assert_error(answer(outsider, alice, "accepted"), 404)
        assert_error(outsider.client.get(address(alice)), 404)
        assert_error(outsider.client.delete(address(alice)), 404)
    for odd in ("pending", "blocked", "", None, 5, ["accepted"], {"a": 1}, "Accepted"):
        assert_error(charlie.client.put(address(alice), {"status": odd}), 422, "validation_failed", field="status")
    assert_error(charlie.client.put(address(alice), {}), 422, field="status")
    assert answer(charlie, alice, "declined").status_code == 200
    for status in ("accepted", "declined"):
        assert_error(answer(charlie, alice, status), 422, "conflict")
        assert_error(answer(alice, charlie, status), 403, "forbidden")
    assert_error(answer(alice, alice, "accepted"), 404)
    assert rows() == [(alice.user_id, charlie.user_id, "declined")]


@pytest.mark.parametrize("status", [s for s in ConnectionStatus if s != ConnectionStatus.BLOCKED])
def test_either_of_the_two_ends_it(alice: Person, charlie: Person, status: ConnectionStatus):
    for person, other in ((alice, charlie), (charlie, alice)):
        connect(alice, charlie, status)
        gone = person.client.delete(address(other))
        assert (gone.status_code, gone.content) == (204, b"")
        for one, two in ((alice, charlie), (charlie, alice)):
            assert_error(one.client.get(address(two)), 404)
            assert_error(one.client.delete(address(two)), 404)
    assert rows() == []


def test_the_frontend_s_way_to_answer_takes_body_or_query(alice: Person, charlie: Person):
    url = f"{address(alice)}/respond"
    for body, query, status in [
        ({"accept": True}, "", "accepted"),
        ({"accept": False}, "?accept=true", "declined"),
        ({}, "?accept=true", "accepted"),
        (None, "?accept=0", "declined"),
    ]:
        UserConnection.objects.all().delete()
        ask(alice, charlie)
        answered = charlie.client.put(url + query, body)
        assert answered.status_code == 200, answered.content
        assert_documented(answered)
        assert answered.json()["status"] == status
    UserConnection.objects.all().delete()
    ask(alice, charlie)
    for body, query in [({}, ""), ({}, "?accept=maybe"), ({"accept": "maybe"}, "?accept=true"), ({"accept": []}, "")]:
        assert_error(charlie.client.put(url + query, body), 422, "validation_failed", field="accept")
    assert_error(charlie.client.put(f"{address(charlie)}/respond", {"accept": True}), 404)
    assert_error(alice.client.put(f"{address(charlie)}/respond", {"accept": True}), 403, "forbidden")
    assert rows() == [(alice.user_id, charlie.user_id, "pending")]


@pytest.fixture
def crowd(alice: Person) -> dict[str, Person]:
    """One person for each way of being connected with alice, the names in the order of time."""
    people = {}
    for status in (ConnectionStatus.PENDING, ConnectionStatus.ACCEPTED, ConnectionStatus.DECLINED):
        for side in ("sent", "received"):
            person = people[f"{side} {status}"] = make_person(f"{side} {status}".title())
            one, other = (alice, person) if side == "sent" else (person, alice)
            at = EPOCH + timedelta(hours=len(people))
            UserConnection.objects.create(
                requester_id=one.user_id, receiver_id=other.user_id, status=status, created_at=at, updated_at=at
            )
    block(alice, make_person("Mallory"))
    block(make_person("Trudy"), alice)
    return people


LISTS = {
    "": ["sent pending", "received pending", "sent accepted", "received accepted", "sent declined", "received declined"],
    "?type=all&status=accepted": ["sent accepted", "received accepted"],
    "?type=sent": ["sent pending", "sent accepted", "sent declined"],
    "?type=received": ["received pending", "received accepted", "received declined"],
    "?type=received&status=pending": ["received pending"],
    "?status=declined&type=sent": ["sent declined"],
    "?type=received&status=blocked": [],
}  # fmt: skip


def test_lists_are_narrowed_sorted_and_walked(alice: Person, crowd: dict[str, Person], subtests: Any):
    names = {str(person.user_id): name for name, person in crowd.items()}

    def others(url: str) -> list[str]:
        return [
            names[({row["requester_id"], row["receiver_id"]} - {str(alice.user_id)}).pop()]
            for row in listed(alice, url)
        ]

    for query, expected in LISTS.items():
        with subtests.test(query):
            assert others(CONNECTIONS + query) == expected[::-1]
            more = "&" if query else "?"
            assert others(f"{CONNECTIONS}{query}{more}sort_dir=asc&sort_by=updated_at") == expected
    assert others("/api/my/connections") == ["received accepted", "sent accepted"]
    assert others("/api/my/pending-requests") == ["received pending"]
    states = [name.split()[1] for name in others(f"{CONNECTIONS}?sort_by=status&sort_dir=asc")]
    assert states == ["pending", "pending", "accepted", "accepted", "declined", "declined"]
    for sort in ("created_at", "status"):
        walked, url = [], f"{CONNECTIONS}?cursor=&per_page=1&sort_by={sort}"
        while url:
            body = alice.client.get(url).json()
            walked += body["data"]
            url = body["links"]["next"]
        assert walked == listed(alice, f"{CONNECTIONS}?sort_by={sort}")
    for query, field in (("type=both", "type"), ("status=open", "status"), ("status_filter=blocked", "status_filter")):
        assert_error(alice.client.get(f"{CONNECTIONS}?{query}"), 422, "validation_failed", field=field)


def test_includes_show_both_people_as_the_caller_may_see_them(alice: Person, bob: Person, charlie: Person):
    connect(charlie, alice, ConnectionStatus.PENDING)
    for person in (alice, bob, charlie):
        person.client.patch("/api/me", {"contact_info": {"phone": f"phone of {person.name}"}, "meta": {"a": 1}})
    for url in (CONNECTIONS, "/api/my/connections", "/api/my/pending-requests"):
        for row in listed(alice, f"{url}?include=requester,receiver,passwords"):
            for side in ("requester", "receiver"):
                person = row[side]
                assert person["user_id"] == row[f"{side}_id"]
                assert ("phone" in person["contact_info"]) is (person["name"] != "Charlie")
                assert ("meta" in person) is (person["name"] == "Alice")
    (row,) = listed(alice, "/api/my/pending-requests?include=requester")
    assert row["requester"]["name"] == "Charlie"
    assert "receiver" not in row
    shown = bob.client.get(f"{address(alice)}?include=receiver,requester").json()["connection"]
    assert shown["requester"]["contact_info"]["phone"] == "phone of Alice"


class TestRowsOfOtherClients:
    """They write the table without our lock: what they leave is read as one connection, and no write makes it worse."""

    @pytest.mark.parametrize(("one", "other"), list(itertools.combinations_with_replacement(ORDER, 2)))
    def test_both_directions_are_read_as_one(self, alice: Person, charlie: Person, one: str, other: str):
        connect(alice, charlie, ConnectionStatus(one))
        connect(charlie, alice, ConnectionStatus(other))
        for person, friend in ((alice, charlie), (charlie, alice)):
            for url in (CONNECTIONS, f"{CONNECTIONS}?status={other}", f"{CONNECTIONS}?status_filter="):
                body = person.client.get(url).json()
                found = [row["status"] for row in body.get("data", body.get("connections"))]
                own = url.endswith("=blocked") and "blocked" in (one if person is alice else other)
                assert found == ([other] if other != "blocked" or own else []), url
            waiting = other == "pending" and (person is alice or one == "pending")
            assert [row["receiver_id"] for row in listed(person, "/api/my/pending-requests")] == (
                [str(person.user_id)] if waiting else []
            )
            shown = person.client.get(address(friend))
            if other != "blocked" or one == "blocked" or person is charlie:
                assert shown.json()["connection"]["status"] == other
            else:
                assert_error(shown, 404)
            # Beside a block nobody is connected.
            profile = person.client.get(f"/api/users/{friend.user_id}").json()
            assert ("email" in profile.get("data", {}).get("contact_info", {})) is (other == "accepted")

    def test_two_requests_are_answered_by_whoever_answers_first(self, alice: Person, charlie: Person):
        for status, one, other in (("accepted", alice, charlie), ("declined", charlie, alice)):
            UserConnection.objects.all().delete()
            connect(alice, charlie, ConnectionStatus.PENDING)
            connect(charlie, alice, ConnectionStatus.PENDING)
            assert_error(ask(one, other), 422, "conflict")
            assert answer(one, other, status).status_code == 200
            assert rows() == [(other.user_id, one.user_id, status)]

    def test_one_delete_ends_both(self, alice: Person, charlie: Person):
        connect(alice, charlie, ConnectionStatus.ACCEPTED)
        connect(charlie, alice, ConnectionStatus.PENDING)
        assert_error(answer(alice, charlie, "declined"), 422, "conflict")
        assert alice.client.delete(address(charlie)).status_code == 204
        assert rows() == []

    def test_times_beyond_all_calendars_break_nothing(self, alice: Person, bob: Person):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE user_connections SET created_at = 'infinity', updated_at = '-infinity'")
        for url in (CONNECTIONS, f"{CONNECTIONS}?cursor=", "/api/my/connections"):
            assert len(listed(bob, url)) == 1
        for url in (address(alice), f"{CONNECTIONS}?status_filter=accepted", f"{CONNECTIONS}/accepted"):
            assert bob.client.get(url).status_code == 200
