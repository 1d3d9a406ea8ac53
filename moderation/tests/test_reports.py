"""Reporting: POST /api/reports, GET /api/my/reports, and what becomes of it (docs/api.md, Moderation)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Message
from events.models import Event
from lifestring.errors import NotFoundError
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block
from lifestring.testing.rooms import make_room
from moderation import services
from moderation.models import Case, Report
from moderation.tests.acts import case_about, report
from strings.tests.posts import UNKNOWN, post_comment, post_string

pytestmark = pytest.mark.django_db


def things_of(alice: Person, bob: Person) -> dict[str, Any]:
    """One of each kind that is alice's; bob is in the room."""
    string, room = post_string(alice), make_room(alice, bob)
    return {
        "user": alice.user_id,
        "string": string,
        "comment": post_comment(alice, string),
        "room": room,
        "message": Message.objects.create(room_id=room, user_id=alice.user_id, content="hello").id,
        "event": Event.objects.create(user_id=alice.user_id, title="chess", start_time=timezone.now()).id,
    }


def test_it_works(alice: Person, bob: Person):
    for kind, target_id in things_of(alice, bob).items():
        answer = report(bob, kind, target_id, "hate", details="look")
        assert answer.status_code == 201, answer.content
        assert_documented(answer)
        data = answer.json()["data"]
        assert (data["target_type"], data["target_id"], data["status"]) == (kind, str(target_id), "open")
        case = Case.objects.get(target_type=kind)
        assert (case.severity, case.reporters_count) == (2, 1)
        assert case.person_id == (None if kind == "room" else alice.user_id)
    listed = bob.client.get("/api/my/reports")
    assert_documented(listed)
    assert len(listed.json()["data"]) == 6
    assert alice.client.get("/api/my/reports").json()["data"] == []


def test_what_one_cannot_see_is_not_there(alice: Person, bob: Person, charlie: Person):
    things = things_of(alice, bob)
    block(alice, charlie)
    for kind in ("user", "comment", "room", "message"):
        assert_error(report(charlie, kind, things[kind]), 404, "not_found")
    for kind in things:
        assert_error(report(charlie, kind, UNKNOWN), 404, "not_found")
    assert Case.objects.count() == 0


def test_nobody_reports_what_is_theirs(alice: Person, bob: Person):
    for kind, target_id in things_of(alice, bob).items():
        if kind != "room":
            assert_error(report(alice, kind, target_id), 422, "validation_failed", field="target_id")
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target_type": "planet"}, "target_type"),
        ({"target_type": ["user"]}, "target_type"),
        ({"target_id": "x"}, "target_id"),
        ({"target_id": 1}, "target_id"),
        ({"reason": "boredom"}, "reason"),
        ({"reason": None}, "reason"),
        ({"details": "x" * 2001}, "details"),
        ({"details": "a\x00b"}, "details"),
        ({"details": {"a": 1}}, "details"),
    ],
)
def test_bad_input_is_named(alice: Person, bob: Person, changes: dict[str, Any], field: str):
    body = {"target_type": "user", "target_id": str(alice.user_id), "reason": "spam", **changes}
    assert_error(bob.client.post("/api/reports", body), 422, "validation_failed", field=field)
    assert Report.objects.count() == 0


def test_again_is_the_same_report_until_it_is_decided(alice: Person, bob: Person, charlie: Person, mod: Person):
    case = case_about(bob, "string", post_string(alice))
    again = report(bob, "string", case.target_id, "violence", details="worse").json()["data"]
    assert again["reason"] == "spam"
    assert report(charlie, "string", case.target_id, "violence").status_code == 201
    case.refresh_from_db()
    assert (case.reporters_count, case.severity, Report.objects.count()) == (2, 3, 2)

    services.case_dismiss(caller=mod.caller, case_id=case.id, version=case.version)
    outcome = bob.client.get("/api/my/reports").json()["data"][0]
    assert (outcome["status"], outcome["outcome"]) == ("closed", "no_action")
    assert report(bob, "string", case.target_id).json()["data"]["id"] != again["id"]
    assert Case.objects.about("string", case.target_id).count() == 2


def test_the_reported_learn_nothing_of_it(alice: Person, charlie: Person, mod: Person):
    case = case_about(charlie, "user", alice.user_id)
    services.case_warn(caller=mod.caller, case_id=case.id, version=case.version, message="Be kind.")
    seen = alice.client.get("/api/my/sanctions").json()
    assert seen["data"][0]["reason"] == "Be kind."
    assert not [who for who in (charlie, mod) if str(who.user_id) in str(seen)]
    assert str(charlie.user_id) not in alice.client.get("/api/me/export").content.decode()
    assert charlie.client.get("/api/my/reports").json()["data"][0]["outcome"] == "action_taken"


def test_a_flood_of_reports_is_bounded(alice: Person, bob: Person, settings: Any):
    settings.REPORTS_PER_HOUR = 3
    strings = [post_string(alice) for _ in range(4)]
    for string in strings[:3]:
        assert report(bob, "string", string).status_code == 201
    refused = report(bob, "string", strings[3])
    assert_error(refused, 429, "rate_limited")
    assert_documented(refused)
    assert 3500 < int(refused.headers["Retry-After"]) <= 3601
    assert report(bob, "string", strings[0]).status_code == 201, "it is there already"

    oldest = Report.objects.order_by("created_at").values_list("id", flat=True)[0]
    Report.objects.filter(id=oldest).update(created_at=timezone.now() - timedelta(minutes=61))
    assert report(bob, "string", strings[3]).status_code == 201


def test_a_flag_opens_a_case_and_removes_nothing(alice: Person, bob: Person):
    string = uuid.UUID(post_string(alice))

    def flag(**changes: Any) -> uuid.UUID:
        values = {"source": "ai", "target_type": "string", "target_id": string, "reason": "hate", **changes}
        return services.content_flag(**values)

    case_id = flag(details="score 0.97")
    assert flag(reason="spam", details="again") == case_id
    assert flag(source="rule.links", reason="spam") == case_id
    assert case_about(bob, "string", string).id == case_id
    case = Case.objects.get(id=case_id)
    assert (case.person_id, case.severity, case.reporters_count, case.status) == (alice.user_id, 2, 1, "open")
    assert list(Report.objects.of_case(case_id).values_list("source", flat=True)) == ["ai", "rule.links", "person"]
    assert alice.client.get(f"/api/strings/{string}").status_code == 200
    flag(source="rule.repeats", details="\x00\ud800 " + "x" * 5000)
    said = Report.objects.get(source="rule.repeats").details
    assert (said[:3], len(said)) == ("? x", 1999)
    with pytest.raises(NotFoundError):
        flag(target_id=uuid.uuid4())
