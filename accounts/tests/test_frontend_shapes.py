"""The shapes the web frontend reads of connections, pinned (docs/api.md, Shapes the web frontend reads)."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import ConnectionStatus, UserConnection
from accounts.tests.test_detailed_profiles import execute
from accounts.tests.test_odd_profiles import ODD, store
from lifestring.schema_setup import SQL_FOLDER
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.golden import assert_golden
from lifestring.testing.people import Person, connect, make_person
from lifestring.testing.volume import EPOCH

pytestmark = pytest.mark.django_db

PHOTOS = ["https://images.example/1.jpg", "https://images.example/2.jpg"]
FLAT = ["/api/connections?status_filter=accepted", "/api/connections?status_filter=", "/api/connections/accepted",
        "/api/connections/pending", "/api/discover", "/api/discover?interests=chess&location=x"]  # fmt: skip


def person(name: str, **attributes: Any) -> Person:
    return make_person(
        name,
        contact_info={"name": name, "location": "Lisbon", "email": f"{name}@secret.example", "birthday": "1990-01-01"},
        biography={"bio": f"{name} climbs", "work": "Nurse"},
        attributes={"interests": ["chess", "climbing"], **attributes},
        social_links={},
    )


@pytest.fixture
def dana(alice: Person) -> Person:
    """Has told everything, photos in the other client's table among it; connected with alice."""
    execute((SQL_FOLDER / "optional_detailed_profiles.sql").read_text())
    dana = person("Dana")
    connect(alice, dana)
    return dana


def with_photos(owner: Person, profile_photo: str | None = None) -> None:
    execute(
        "INSERT INTO public.detailed_profiles (user_id, profile_photo, photos) VALUES (%s, %s, %s)",
        owner.user_id, profile_photo, PHOTOS,
    )  # fmt: skip


def read(viewer: Person, url: str) -> Any:
    answer = viewer.client.get(url)
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    return answer.json()


def test_connections_by_status_filter(alice: Person, dana: Person):
    with_photos(dana)
    UserConnection.objects.update(created_at=EPOCH)
    connect(make_person("Erin"), alice)
    assert_golden(__file__, "connections_status_filter", read(alice, "/api/connections?status_filter=accepted"))


def test_connected_people(alice: Person, dana: Person):
    assert_golden(__file__, "connections_accepted", read(alice, "/api/connections/accepted"))


def test_pending_requests(alice: Person, dana: Person):
    with_photos(dana, "https://images.example/portrait.jpg")
    UserConnection.objects.all().delete()
    connect(dana, alice, ConnectionStatus.PENDING)
    assert_golden(__file__, "connections_pending", read(alice, "/api/connections/pending"))
    assert read(dana, "/api/connections/pending") == []


def test_a_response(alice: Person, charlie: Person):
    connect(charlie, alice, ConnectionStatus.PENDING)
    answer = alice.client.put(f"/api/connections/{charlie.user_id}/respond", {"accept": True})
    assert_golden(__file__, "connections_respond", answer.json())


def test_discovered_people(alice: Person, dana: Person):
    UserConnection.objects.all().delete()
    with_photos(dana, "https://images.example/portrait.jpg")
    alice.client.patch("/api/me", {"attributes": {"hobbies": ["Chess", "go"]}})
    assert_golden(__file__, "discover", read(alice, "/api/discover"))


def test_the_flat_shape_has_pages_and_both_sides(alice: Person):
    for number in range(3):
        one, other = (alice, make_person(f"Person {number}"))[:: 1 if number % 2 else -1]
        connect(one, other)
        made = UserConnection.objects.filter(requester_id=one.user_id, receiver_id=other.user_id)
        made.update(created_at=EPOCH + timedelta(hours=number))
    body = read(alice, "/api/connections?status_filter=accepted&per_page=2&page=2&cursor=&status=pending")
    assert [row["name"] for row in body.pop("connections")] == ["Person 0"]
    assert body == {"total": 3, "page": 2, "per_page": 2}
    sent = read(alice, "/api/connections?status_filter=accepted&type=sent")["connections"]
    assert [row["name"] for row in sent] == ["Person 1"]
    assert [row["name"] for row in read(alice, "/api/connections/accepted?limit=2")] == ["Person 2", "Person 1"]
    assert_error(alice.client.get("/api/connections/accepted?limit=1001"), 422, field="limit")
    for status in ("pending", "declined"):
        assert read(alice, f"/api/connections?status_filter={status}")["total"] == 0


@pytest.mark.parametrize("name", ODD)
def test_odd_profiles_break_none_of_it(alice: Person, charlie: Person, name: str):
    store(alice, ODD[name])
    store(charlie, ODD[name])
    for status in (ConnectionStatus.ACCEPTED, ConnectionStatus.PENDING, None):
        UserConnection.objects.all().delete()
        if status:
            connect(alice, charlie, status)
        for url in FLAT:
            answer = charlie.client.get(url)
            assert answer.status_code == 200, (url, answer.content[:300])
            if "status_filter" in url:
                cards = answer.json()["connections"]
                assert all(isinstance(text, str) for card in cards for text in card["interests"])
        answer = charlie.client.get("/api/connections?include=requester,receiver")
        assert answer.status_code == 200
