"""What reads of strings, people and search cost: so many queries, however many rows, and never a vector."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import UserEnneagram
from events.models import Event
from lifestring.testing.people import Person, block, make_person
from lifestring.testing.queries import measured, plain
from lifestring.testing.volume import many_people
from strings.models import String, StringComment, StringLike
from strings.tests.posts import moment

pytestmark = pytest.mark.django_db

STRINGS, COMMENTS = "include=user,comments,likes", "include=user,replies,replies.user,parentComment"
STRING, COMMENT = "/api/strings/{string_id}", "/api/strings/{string_id}/comments/{comment_id}"

# Queries by address, with the one that reads the caller. A full numbered page is counted, a cursor page is not.
BUDGETS = {
    "/api/strings": 3,
    "/api/strings?cursor=": 2,
    f"/api/strings?{STRINGS}": 5,
    f"/api/strings?cursor=&{STRINGS}": 4,
    # It asks how many matches to expect and where the rows that come next end; it finds the page, and reads it.
    "/api/strings?search=chess": 6,
    "/api/strings?user_id={user}&stringable_type=Event&sort_by=likes_count": 3,
    "/api/my/strings": 3,
    f"/api/my/strings?cursor=&{STRINGS}": 4,
    "/api/my/liked-strings": 3,
    f"/api/my/liked-strings?{STRINGS}": 5,
    "/api/my/recent": 3,
    STRING: 2,
    f"{STRING}?{STRINGS}": 4,
    f"{STRING}/likes": 5,
    f"{STRING}/likes?cursor=": 4,
    f"{STRING}/comments": 4,
    f"{STRING}/comments?cursor=": 3,
    f"{STRING}/comments?{COMMENTS}": 5,
    f"{STRING}/comments?include_replies=1&{COMMENTS}": 6,
    COMMENT: 2,
    f"{COMMENT}?{COMMENTS}": 3,
    f"{COMMENT}/replies": 4,
    f"{COMMENT}/replies?cursor=": 3,
    f"{COMMENT}/replies?{COMMENTS}": 6,
    "/api/me": 2,
    "/api/me?include=enneagrams": 3,
    "/api/users": 3,
    "/api/users?cursor=": 2,
    "/api/users?include=enneagrams&search=person": 5,
    "/api/users/{user}": 2,
    "/api/users/{user}?include=enneagrams": 3,
    "/api/users/{user}/enneagrams": 4,
    "/api/enneagrams": 3,
    "/api/search?q=chess": 11,
    "/api/search?q=chess&type=strings": 6,
    "/api/search?q=person&type=people": 6,
    "/api/search?q=chess&type=events": 4,
}


SINGLE = {STRING, COMMENT, "/api/me", "/api/users/{user}"}


class World:
    """As much of everything as asked for, as alice sees it: her strings, liked and commented on by a crowd."""

    def __init__(self, alice: Person, rows: int) -> None:
        crowd = many_people(rows)
        self.ids = {"user": str(alice.user_id)}
        strings = [
            String(user_id=alice.user_id, content_text=f"chess {n}", created_at=moment(n), stringable_type="Event")
            for n in range(rows)
        ]
        String.objects.bulk_create(strings)
        first = strings[0]
        tops = [
            StringComment(user_id=user, string=string, content="top", created_at=moment(n))
            for n, user in enumerate(crowd)
            for string in {first.id: first, strings[n].id: strings[n]}.values()
        ]
        StringComment.objects.bulk_create(tops)
        replies = [
            StringComment(
                user_id=user, string=first, parent_comment=tops[0], content="reply", created_at=moment(100 + n)
            )
            for n, user in enumerate(crowd)
        ]
        StringComment.objects.bulk_create(replies)
        StringLike.objects.bulk_create(
            StringLike(user_id=user, string=string, created_at=moment(1))
            for user, string in {(crowd[0], s) for s in strings} | {(user, first) for user in crowd}
        )
        StringLike.objects.bulk_create(StringLike(user_id=alice.user_id, string=string) for string in strings)
        chosen = [UserEnneagram(user_id=user, enneagram_id=n % 9 + 1) for n, user in enumerate(crowd)]
        chosen += [UserEnneagram(user_id=alice.user_id, enneagram_id=n + 1) for n in range(min(rows, 9))]
        UserEnneagram.objects.bulk_create(chosen)
        Event.objects.bulk_create(
            Event(user_id=user, title=f"chess {n}", start_time=timezone.now()) for n, user in enumerate(crowd)
        )
        self.ids |= {"string_id": str(first.id), "comment_id": str(tops[0].id)}

    def measure(self, person: Person, address: str, rows: int) -> tuple[list[str], Any]:
        """Read an address of this world; returns the queries and the JSON."""
        return measured(person, address.format_map(self.ids), rows)


def size(body: Any) -> int:
    """How many rows an answer holds, at most of one kind."""
    data = body.get("data", body.get("strings"))
    if isinstance(data, list):
        return len(data)
    return 1 if "id" in data else max(len(found) for found in data.values())


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, rows: int, subtests: pytest.Subtests):
    world = World(alice, rows)
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            # There are nine types, whatever else there is.
            listed = min(rows, 9) if address.endswith("/enneagrams") else rows
            queries, body = world.measure(alice, address, listed)

            assert len(queries) == budget, "\n".join(queries)
            assert not [sql for sql in queries if "embedding" in sql]
            assert size(body) == (1 if plain(address) in SINGLE else listed)


def test_hidden_people_cost_no_query(alice: Person, subtests: pytest.Subtests):
    world = World(alice, 3)
    for n in range(5):
        block(*((alice, make_person(f"X{n}")) if n % 2 else (make_person(f"X{n}"), alice)))
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, _ = world.measure(alice, address, 3)
            assert len(queries) <= budget, "\n".join(queries)


@pytest.mark.parametrize("rows", [0, 1, 14, 15, 16, 50])
@pytest.mark.parametrize("mode", ["", "?cursor="])
def test_the_feed_costs_at_most_three_queries(alice: Person, bob: Person, rows: int, mode: str):
    String.objects.bulk_create(
        String(user_id=alice.user_id, content_text=str(n), created_at=moment(n)) for n in range(rows)
    )
    with CaptureQueriesContext(connection) as captured:
        answer = bob.client.get(f"/api/strings{mode}")

    assert answer.status_code == 200
    assert len(answer.json()["data"]) == min(rows, 15)
    assert len(captured) <= (2 if mode else 3)


def test_no_write_reads_a_vector(alice: Person, bob: Person, subtests: pytest.Subtests):
    string = bob.client.post("/api/strings", {"content_text": "chess"}).json()["data"]["id"]
    url = f"/api/strings/{string}"
    writes = [
        ("post", "/api/strings", {"content_text": "x"}),
        ("put", f"{url}/like", None),
        ("post", f"{url}/like", None),
        ("delete", f"{url}/like", None),
        ("post", f"{url}/comments", {"content": "x"}),
        ("patch", url, {"content_text": "y"}),
        ("patch", "/api/me", {"biography": {"bio": str(uuid.uuid4())}}),
        ("delete", url, None),
    ]
    for method, address, body in writes:
        with subtests.test(f"{method} {address}"), CaptureQueriesContext(connection) as captured:
            assert getattr(bob.client, method)(address, body).status_code < 300
        assert not [query["sql"] for query in captured.captured_queries if "embedding" in query["sql"]]
