"""Whoever is suspended reads on and gets 403 `suspended` on every write (docs/api.md, Who may what)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Suspension, UserProfile, UserRecommendation
from chat.models import Message, RoomLogEntry
from events.models import Event, EventAttendance
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import routes
from lifestring.testing.people import Person
from lifestring.testing.rooms import make_room
from strings.models import String
from strings.tests.posts import UNKNOWN, body_of, counts, get, post_comment, post_string

pytestmark = pytest.mark.django_db

SAFE = {"get", "head", "options"}
# The first sign people in, and so ask nobody who they are; the second is how the suspended say that they are right.
OPEN = ("/api/auth/", "/api/appeals")

BODY = {
    "content_text": "changed",
    "content": "changed",
    "contact_info": {"name": "changed"},
    "enneagram_ids": [1],
    "user_id": UNKNOWN,
    "title": "changed",
    "receiver_id": UNKNOWN,
    "recommended_user_id": UNKNOWN,
    "status": "accepted",
    "accept": True,
    "target_type": "user",
    "target_id": UNKNOWN,
    "reason": "spam",
}


def suspend(person: Person, *, hours: float | None = None) -> None:
    until = None if hours is None else timezone.now() + timedelta(hours=hours)
    Suspension.objects.create(user_id=person.user_id, until=until)


def writes() -> list[tuple[str, str]]:
    """Every (method, path) that may change something, of all the apps."""
    return sorted(route for route in routes() if route[0] not in SAFE and not route[1].startswith(OPEN))


def filled(path: str, string: str, comment: str, person: Person) -> str:
    event = Event.objects.filter(user_id=person.user_id).first() if string != UNKNOWN else None
    ids = {"string_id": string, "comment_id": comment, "event_id": event.id if event else UNKNOWN}
    message = Message.objects.filter(user_id=person.user_id).values_list("id", "room_id").first()
    ids |= dict(zip(("message_id", "room_id"), message or (UNKNOWN, UNKNOWN), strict=True))
    made = UserRecommendation.objects.first() if string != UNKNOWN else None
    ids["recommendation_id"] = made.id if made else UNKNOWN
    return path.format_map({**ids, "user": str(person.user_id)})


def recommend(person: Person, other: Person) -> None:
    body = {"recommended_user_id": str(other.user_id)}
    assert person.client.post("/api/recommendations", body).status_code == 201


def invite(person: Person) -> None:
    body = {"title": "chess", "start_time": "2026-11-29T14:00:00Z", "meta_data": {"is_join": True}}
    assert person.client.post("/api/events", body).status_code == 201


def rows_of(person: Person) -> list[Any]:
    profile = UserProfile.objects.filter(user_id=person.user_id).values()
    rows = (
        String.objects.order_by("id"),
        Message.objects.order_by("id"),
        RoomLogEntry.objects.order_by("room_id", "seq"),
        Event.objects.order_by("id"),
        EventAttendance.objects.all(),
        UserRecommendation.objects.all(),
    )
    return [*profile, *(row for found in rows for row in found.values())]


def test_there_are_writes_to_try():
    assert {("post", "/api/strings"), ("delete", "/api/me"), ("put", "/api/strings/{string_id}/like")} <= set(writes())


@pytest.mark.parametrize(
    ("role", "hours"),
    [({"is_mod": False}, None), ({"is_mod": True}, 1), ({"is_admin": True}, None)],
    ids=["a member for good", "a moderator for an hour", "an admin for good"],
)
def test_every_write_is_403(
    alice: Person, bob: Person, role: dict[str, bool], hours: float | None, subtests: pytest.Subtests
):
    string = post_string(alice)
    comment = post_comment(alice, string)
    post_comment(bob, string)
    alice.client.put(f"/api/strings/{string}/like")
    invite(alice)
    recommend(alice, bob)
    UserProfile.objects.filter(user_id=alice.user_id).update(**role)
    alice.client.post(f"/api/rooms/{make_room(alice, bob)}/messages", {"content": "x"})
    before = rows_of(alice)
    suspend(alice, hours=hours)

    for method, path in writes():
        with subtests.test(f"{method} {path}"):
            for known in (filled(path, string, comment, alice), filled(path, UNKNOWN, UNKNOWN, alice)):
                assert_error(getattr(alice.client, method)(known, BODY), 403, "suspended")
                assert_error(getattr(alice.client, method)(f"{known}/", BODY), 403, "suspended")
                assert_error(alice.client.generic(method.upper(), known, "{", "application/json"), 403, "suspended")
    assert rows_of(alice) == before
    assert counts(string) == (1, 2)


def test_every_read_goes_on(alice: Person, bob: Person, subtests: pytest.Subtests):
    string = post_string(alice)
    comment = post_comment(alice, string)
    invite(bob)
    bob.client.post(f"/api/rooms/{make_room(alice, bob)}/messages", {"content": "x"})
    recommend(alice, bob)
    suspend(alice)

    for method, path in sorted(routes()):
        if method == "get" and path.startswith("/api/"):
            with subtests.test(path):
                answer = alice.client.get(filled(path, string, comment, bob), {"q": "string"})
                assert answer.status_code == 200, answer.content


def test_a_suspension_that_is_over_forbids_nothing(alice: Person):
    suspend(alice, hours=-1)
    string = post_string(alice)
    assert body_of(alice.client.put(f"/api/strings/{string}/like"))["likes_count"] == 1


def test_one_suspension_concerns_nobody_else(alice: Person, bob: Person):
    string = post_string(alice)
    suspend(alice)

    post_comment(bob, string)
    assert body_of(bob.client.put(f"/api/strings/{string}/like"))["likes_count"] == 1
    assert get(bob, f"/api/strings/{string}")["data"]["user"]["name"] == "Alice"


def test_a_suspension_works_at_once_and_ends_at_once(alice: Person):
    post_string(alice)
    suspend(alice)
    assert_error(alice.client.post("/api/strings", {"content_text": "x"}), 403, "suspended")
    Suspension.objects.all().delete()
    post_string(alice)
    assert String.objects.count() == 2
