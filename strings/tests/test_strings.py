"""Posting, reading, changing and deleting strings (docs/api.md, Strings)."""

import uuid

import pytest

from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db


def test_a_posted_string_is_answered_as_the_contract_shows_it(alice: Person):
    answer = alice.client.post("/api/strings", {"content_text": "Looking for a chess partner"})

    assert answer.status_code == 201
    data = answer.json()["data"]
    assert uuid.UUID(data["id"])
    assert data["user"]["name"] == "Alice"
    assert data["created_at"].endswith("Z")
    assert len(data["created_at"]) == len("2026-11-23T09:57:00.000000Z")
    assert data | {"id": 0, "created_at": 0, "updated_at": 0, "user": 0, "links": 0} == {
        "id": 0,
        "user_id": str(alice.user_id),
        "content_text": "Looking for a chess partner",
        "content_images": None,
        "stringable_type": None,
        "stringable_id": None,
        "likes_count": 0,
        "comments_count": 0,
        "created_at": 0,
        "updated_at": 0,
        "user": 0,
        "is_liked_by_user": False,
        "links": 0,
    }
    assert data["links"] == {
        "self": f"http://testserver/api/strings/{data['id']}",
        "comments": f"http://testserver/api/strings/{data['id']}/comments",
    }


def test_feed(alice: Person, bob: Person, django_assert_num_queries):
    for n in range(20):
        alice.client.post("/api/strings", {"content_text": f"text {n}"})
    with django_assert_num_queries(3):
        answer = bob.client.get("/api/strings?include=user").json()
    assert len(answer["data"]) == 15
    print(answer["meta"], answer["links"])
    c = bob.client.get("/api/strings?cursor=").json()
    print(c["links"])
    c2 = bob.client.get(c["links"]["next"]).json()
    assert [s["content_text"] for s in c2["data"]] == [f"text {n}" for n in (4, 3, 2, 1, 0)]
    c3 = bob.client.get(c2["links"]["prev"]).json()
    assert c3["data"] == c["data"]
    i = c["data"][0]["id"]
    assert bob.client.post(f"/api/strings/{i}/like").json()["likes_count"] == 1
    r = bob.client.post(f"/api/strings/{i}/comments", {"content": "hi"})
    assert r.status_code == 201, r.content
    p = r.json()["data"]["id"]
    r = bob.client.post(f"/api/strings/{i}/comments", {"content": "ho", "parent_comment_id": p})
    assert r.status_code == 201, r.content
    d = bob.client.get(f"/api/strings/{i}?include=comments,likes").json()["data"]
    print(d)
    d = bob.client.get(f"/api/strings/{i}/comments?include=user,replies,replies.user,parentComment").json()["data"]
    print(d)
    assert bob.client.delete(f"/api/strings/{i}/comments/{p}").status_code == 204
    assert bob.client.get(f"/api/strings/{i}").json()["data"]["comments_count"] == 0
    print(bob.client.get("/api/me").json())
    print(bob.client.get("/api/users?include=enneagrams").json())
    print(bob.client.get("/api/strings?search=text").json()["meta"])
    print(bob.client.get("/api/nope").json())
    print(bob.client.get("/api/my/recent").json()["total"])
    assert bob.client.delete("/api/me").status_code == 204


def test_search(alice: Person, bob: Person):
    alice.client.post("/api/strings", {"content_text": "a chess partner"})
    r = bob.client.get("/api/search?q=ches")
    assert r.status_code == 200
    assert r.json()["data"]["strings"][0]["content_text"] == "a chess partner"
    r = bob.client.get("/api/search?q=alice").json()
    assert r["data"]["people"][0]["name"] == "Alice"
    print(r)
