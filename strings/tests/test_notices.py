"""What a string's author hears of it, without asking (docs/live.md, Server to client)."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.realtime import user_group
from lifestring.testing.people import Person, block
from strings.tests.posts import body_of, post_string

pytestmark = pytest.mark.django_db

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """All that is broadcast, as (group, frame)."""
    found: Told = []
    monkeypatch.setattr("strings.broadcasts.broadcast_on_commit", lambda group, frame: found.append((group, frame)))
    return found


def author(person: Person) -> dict[str, Any]:
    profile = person.profile
    return {"id": profile.id, "user_id": person.user_id, "name": person.name, "is_admin": False, "is_mod": False}


def test_a_new_like_is_told_to_the_author_once(alice: Person, bob: Person, charlie: Person, told: Told):
    string = post_string(alice)
    address = f"/api/strings/{string}/like"
    for liker in (bob, bob, alice):
        assert liker.client.put(address).status_code == 200
    charlie.client.post(address)
    charlie.client.post(address)
    assert [group for group, _ in told] == [user_group(alice.user_id)] * 2
    assert told[0][1] == {"type": "string.liked", "string_id": uuid.UUID(string), "user_id": bob.user_id, "user": author(bob),
                          "likes_count": 1}  # fmt: skip
    assert (told[1][1]["user"]["name"], told[1][1]["likes_count"]) == ("Charlie", 3)


def test_a_comment_and_a_reply_are_told_to_the_author(alice: Person, bob: Person, charlie: Person, told: Told):
    string = post_string(alice)
    address = f"/api/strings/{string}/comments"
    first = body_of(bob.client.post(address, {"content": "né 👍"}, headers={"Idempotency-Key": "k"}), 201)["data"]
    bob.client.post(address, {"content": "né 👍"}, headers={"Idempotency-Key": "k"})
    alice.client.post(address, {"content": "thanks"})
    reply = charlie.client.post(address, {"content": "so do I", "parent_comment_id": first["id"]})
    assert reply.status_code == 201
    assert [(group, frame["content"], frame["comments_count"]) for group, frame in told] == [
        (user_group(alice.user_id), "né 👍", 1),
        (user_group(alice.user_id), "so do I", 3),
    ]
    assert list(told[0][1]) == ["type", "string_id", "comment_id", "parent_comment_id", "content", "user_id", "user",
                                "comments_count"]  # fmt: skip
    assert (str(told[0][1]["comment_id"]), told[0][1]["parent_comment_id"]) == (first["id"], None)
    assert str(told[1][1]["parent_comment_id"]) == first["id"]
    assert told[0][1]["user"] == author(bob)


@pytest.mark.parametrize("one_way", [True, False])
def test_nothing_is_told_across_a_block(alice: Person, charlie: Person, told: Told, one_way: bool):
    string = post_string(alice)
    block(*((alice, charlie) if one_way else (charlie, alice)))
    assert charlie.client.put(f"/api/strings/{string}/like").status_code == 403
    assert charlie.client.post(f"/api/strings/{string}/comments", {"content": "hello"}).status_code == 403
    assert told == []


def test_a_like_still_costs_one_statement_beside_the_caller(alice: Person, bob: Person):
    string = post_string(alice)
    bob.client.get("/api/me")
    with CaptureQueriesContext(connection) as captured:
        assert bob.client.put(f"/api/strings/{string}/like").status_code == 200
    sent = [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len([sql for sql in sent if not sql.startswith(("BEGIN", "COMMIT"))]) == 2, sent
