"""Two people acting on each other at the same instant: the lock decides, one row stays, nothing breaks (accounts/pairs.py)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts import services
from accounts.models import ConnectionStatus, UserConnection
from accounts.pairs import Pair
from accounts.services import connections
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for, connect

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8

Act = Callable[[Person, Person], int]


def rows() -> set[tuple[uuid.UUID, uuid.UUID, str]]:
    return set(UserConnection.objects.values_list("requester_id", "receiver_id", "status"))


def ask(one: Person, other: Person) -> int:
    return int(client_for(one.user_id).post("/api/connections", {"receiver_id": str(other.user_id)}).status_code)


def accept(one: Person, other: Person) -> int:
    body = {"status": "accepted"}
    return int(client_for(one.user_id).put(f"/api/connections/{other.user_id}", body).status_code)


def remove(one: Person, other: Person) -> int:
    return int(client_for(one.user_id).delete(f"/api/connections/{other.user_id}").status_code)


def set_block(one: Person, other: Person) -> int:
    return int(client_for(one.user_id).post(f"/api/users/{other.user_id}/block").status_code)


def erase(one: Person, other: Person) -> int:
    return int(client_for(one.user_id).delete("/api/me").status_code)


def race(together: Together, one: Act, other: Act, alice: Person, charlie: Person, *, pending: bool) -> Any:
    """Let both act at once on each other, each twice; returns what alice, charlie were answered, and the rows left."""
    UserConnection.objects.all().delete()
    if pending:
        connect(alice, charlie, ConnectionStatus.PENDING)
    acts = [lambda: one(alice, charlie), lambda: other(charlie, alice)]
    answers = together(*acts, *acts)
    return sorted(answers[::2]), sorted(answers[1::2]), rows()


def test_two_who_ask_each_other_end_with_one_row(
    alice: Person, charlie: Person, together: Together, many_connections: None
):
    for _ in range(ROUNDS):
        by_alice, by_charlie, left = race(together, ask, ask, alice, charlie, pending=False)
        assert sorted([*by_alice, *by_charlie]) == [201, 422, 422, 422]
        ((requester, receiver, status),) = left
        assert {requester, receiver} == {alice.user_id, charlie.user_id}
        assert status == "pending"
        assert (201 in by_alice) is (requester == alice.user_id)


def test_a_request_never_outlives_a_block(alice: Person, charlie: Person, together: Together, many_connections: None):
    for _ in range(ROUNDS):
        by_alice, by_charlie, left = race(together, ask, set_block, alice, charlie, pending=False)
        assert left == {(charlie.user_id, alice.user_id, "blocked")}
        assert set(by_alice) <= {201, 422}
        assert by_charlie == [201, 201]


def test_an_acceptance_never_outlives_a_block(
    alice: Person, charlie: Person, together: Together, many_connections: None
):
    for _ in range(ROUNDS):
        by_alice, by_charlie, left = race(together, set_block, accept, alice, charlie, pending=True)
        assert left == {(alice.user_id, charlie.user_id, "blocked")}
        assert by_alice == [201, 201]
        assert set(by_charlie) <= {200, 404, 422}


def test_what_is_taken_back_is_gone_whether_or_not_it_was_accepted(
    alice: Person, charlie: Person, together: Together, many_connections: None
):
    for _ in range(ROUNDS):
        by_alice, by_charlie, left = race(together, remove, accept, alice, charlie, pending=True)
        assert left == set()
        assert by_alice == [204, 404]
        assert set(by_charlie) <= {200, 404, 422}
        assert by_charlie.count(200) <= 1


def test_two_who_block_each_other_both_do(alice: Person, charlie: Person, together: Together, many_connections: None):
    both = {(alice.user_id, charlie.user_id, "blocked"), (charlie.user_id, alice.user_id, "blocked")}
    # Each still saw the other when they began to act, which two requests cannot be sure of.
    callers = alice.caller, charlie.caller
    for _ in range(ROUNDS):
        connect(alice, charlie, ConnectionStatus.ACCEPTED)
        together(
            lambda: services.block_set(caller=callers[0], user_id=charlie.user_id),
            lambda: services.block_set(caller=callers[1], user_id=alice.user_id),
        )
        assert rows() == both
        UserConnection.objects.all().delete()


def test_an_erased_person_leaves_no_row_whatever_the_other_does(
    alice: Person, charlie: Person, together: Together, many_connections: None
):
    _, by_charlie, left = race(together, erase, ask, alice, charlie, pending=False)
    assert left == set()
    assert set(by_charlie) <= {201, 422}


@pytest.mark.parametrize("status", [ConnectionStatus.PENDING, ConnectionStatus.BLOCKED])
def test_a_row_another_client_writes_meanwhile_is_not_overwritten(
    alice: Person, charlie: Person, status: ConnectionStatus, together: Together, monkeypatch: pytest.MonkeyPatch
):
    """It takes no lock of ours, so it may come between our reading and our writing."""
    check = connections._check_may_ask

    def check_and_wait(pair: Pair) -> None:
        check(pair)
        together(lambda: connect(alice, charlie, status))

    monkeypatch.setattr(connections, "_check_may_ask", check_and_wait)
    assert ask(alice, charlie) == 422
    assert rows() == {(alice.user_id, charlie.user_id, status)}
