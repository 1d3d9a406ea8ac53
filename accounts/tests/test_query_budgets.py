"""What reads of connections, blocks and discovery cost: so many queries, however many rows."""

from typing import Any

import pytest

from accounts.models import UserConnection
from accounts.tests.test_detailed_profiles import execute
from lifestring.schema_setup import SQL_FOLDER
from lifestring.testing.people import Person, block, make_person
from lifestring.testing.queries import measured
from lifestring.testing.volume import many_people

pytestmark = pytest.mark.django_db

PEOPLE = "include=requester,receiver"
CONNECTION = "/api/connections/{user}"

# Queries by address, with the one that reads the caller. A full numbered page is counted, a cursor page is not; what
# shows photos asks whether the installation keeps any.
BUDGETS = {
    "/api/connections": 3,
    "/api/connections?cursor=": 2,
    f"/api/connections?{PEOPLE}": 4,
    f"/api/connections?cursor=&type=sent&status=accepted&sort_by=status&{PEOPLE}": 3,
    "/api/connections?status=blocked": 3,
    "/api/connections?status_filter=accepted": 5,
    "/api/connections/accepted": 3,
    "/api/connections/pending": 4,
    CONNECTION: 3,
    f"{CONNECTION}?{PEOPLE}": 4,
    "/api/my/connections": 3,
    f"/api/my/connections?cursor=&{PEOPLE}": 3,
    "/api/my/pending-requests": 3,
    f"/api/my/pending-requests?{PEOPLE}": 4,
    "/api/my/blocks": 4,
    "/api/my/blocks?cursor=": 3,
    "/api/discover": 4,
    "/api/discover?interests=chess&location=lis": 4,
}
WITH_PHOTOS = ("/api/connections?status_filter=accepted", "/api/connections/pending", "/api/discover")


class World:
    """So many people alice is connected with, is asked by, blocks, and has never met."""

    def __init__(self, alice: Person, rows: int) -> None:
        ways: list[dict[str, Any]] = [{"status": "accepted"}, {"status": "pending"}, {"status": "blocked"}]
        for way in ways:
            people = many_people(rows)
            if way["status"] == "pending":
                made = [UserConnection(requester_id=user, receiver_id=alice.user_id, **way) for user in people]
            else:
                made = [UserConnection(requester_id=alice.user_id, receiver_id=user, **way) for user in people]
            UserConnection.objects.bulk_create(made)
            if way["status"] == "accepted":
                self.ids = {"user": str(people[0])}
        strangers = many_people(rows)
        execute(
            """UPDATE user_profiles SET attributes = '{"hobbies": ["chess"]}',
                      contact_info = contact_info || '{"location": "Lisbon"}' WHERE user_id = ANY(%s)""",
            strangers,
        )


def size(body: Any) -> int:
    """How many rows an answer holds."""
    if isinstance(body, list):
        return len(body)
    return len(body["connections"] if "connections" in body else body.get("data", [body]))


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, rows: int, subtests: pytest.Subtests):
    world = World(alice, rows)
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, body = measured(alice, address.format_map(world.ids), rows)

            assert len(queries) == budget, "\n".join(queries)
            assert not [sql for sql in queries if "embedding" in sql]
            assert size(body) == (1 if address.startswith(CONNECTION) else rows)
    execute((SQL_FOLDER / "optional_detailed_profiles.sql").read_text())
    for address in WITH_PHOTOS:
        with subtests.test(f"{address} with photos"):
            assert len(measured(alice, address, rows)[0]) == BUDGETS[address] + 1


def test_hidden_people_cost_no_query(alice: Person, subtests: pytest.Subtests):
    world = World(alice, 3)
    for number in range(4):
        stranger = make_person(f"X{number}")
        block(*((alice, stranger) if number % 2 else (stranger, alice)))
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, _ = measured(alice, address.format_map(world.ids), 3)
            assert len(queries) <= budget, "\n".join(queries)
