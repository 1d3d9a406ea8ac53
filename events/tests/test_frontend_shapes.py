"""The shapes the web frontend reads, pinned (docs/api.md, Shapes the web frontend reads)."""

from typing import Any

import pytest

from events.tests.invitations import body_of, going
from lifestring.testing.golden import assert_golden
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db

JOIN: dict[str, Any] = {
    "title": "Chess in the park",
    "description": "Boards are there.",
    "location": "Jardim da Estrela",
    "duration": "2 hours",
    "max_participants": 12,
    "difficulty": "easy",
    "tags": ["chess", "coffee"],
}


def test_joins_have_the_frontend_s_shape(alice: Person, bob: Person):
    photo = {"interests": ["Chess"], "profile_photo": "https://images.example/alice.jpg"}
    alice.client.patch("/api/me", {"attributes": photo})
    bob.client.patch("/api/me", {"attributes": {"interests": ["chess"]}})
    made = body_of(alice.client.post("/api/joins", JOIN), 201)
    going(bob, made["id"])

    assert_golden(__file__, "join", bob.client.get(f"/api/joins/{made['id']}").json())
    assert_golden(__file__, "joins", bob.client.get("/api/joins").json())
    assert alice.client.get("/api/joins/my").json()["joins"] == alice.client.get("/api/joins").json()["joins"]


def test_my_recent_events_has_the_frontend_s_shape(alice: Person):
    body = {**{name: JOIN[name] for name in ("title", "description", "location")}, "start_time": "2026-11-29T14:00:00Z"}
    assert alice.client.post("/api/events", {**body, "meta_data": {"max_participants": 12}}).status_code == 201

    assert_golden(__file__, "my_recent_events", alice.client.get("/api/my/recent-events?limit=10").json())
