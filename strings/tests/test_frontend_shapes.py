"""The shapes the web frontend reads, pinned (docs/api.md, Shapes the web frontend reads)."""

import pytest

from lifestring.testing.golden import assert_golden
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db


def test_my_recent_has_the_frontend_s_shape(alice: Person):
    body = {"content_text": "Looking for a chess partner", "content_images": ["https://images.example/board.jpg"]}
    assert alice.client.post("/api/strings", body).status_code == 201

    assert_golden(__file__, "my_recent", alice.client.get("/api/my/recent?limit=10").json())
