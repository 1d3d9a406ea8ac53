"""What looks suspicious by itself makes a case, and what only looks busy makes none (moderation/rules.py)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import UserConnection
from chat.models import Message
from lifestring.testing.people import Person, connect, make_person
from lifestring.testing.rooms import make_room
from moderation import services
from moderation.models import Case, Report
from moderation.rules import apply_rules
from moderation.tasks import look_for_floods
from strings.models import String, StringComment

pytestmark = pytest.mark.django_db

LINK = "Look what I have found for you: https://example.com/{}"
LONG = "Come to the best chess club in town, tonight!"


@pytest.fixture(autouse=True)
def low_limits(settings: Any) -> None:
    settings.RULE_LINKS_PER_HOUR, settings.RULE_REPEATS_PER_HOUR, settings.RULE_REQUESTS_PER_HOUR = 6, 4, 5


def strings(author: Person, *texts: str, **ago: float) -> None:
    moment = timezone.now() - timedelta(**ago)
    String.objects.bulk_create(String(user_id=author.user_id, content_text=text, created_at=moment) for text in texts)


def say(author: Person, *texts: str) -> None:
    """In a room, and on a string."""
    room = make_room(author)
    Message.objects.bulk_create(Message(room_id=room, user_id=author.user_id, content=text) for text in texts)


def flagged() -> list[tuple[Any, str]]:
    return sorted(Report.objects.values_list("target_id", "source"), key=str)


def test_each_rule_makes_a_case_of_the_person(alice: Person, bob: Person, charlie: Person):
    strings(alice, *(LINK.format(n) for n in range(3)))
    say(alice, *(LINK.format(n) for n in range(3)))
    strings(bob, LONG, f"  {LONG.upper()} ")
    string = String.objects.create(user_id=alice.user_id, content_text="x")
    StringComment.objects.bulk_create(
        StringComment(user_id=bob.user_id, string=string, content=LONG.replace(" ", "  ")) for _ in range(4)
    )
    for n in range(5):
        connect(charlie, make_person(f"P{n}"), "pending" if n % 2 else "declined")  # type: ignore[arg-type]

    look_for_floods()
    expected = [(alice.user_id, "rule.links"), (bob.user_id, "rule.repeats"), (charlie.user_id, "rule.requests")]
    assert flagged() == sorted(expected, key=str)
    assert set(Report.objects.values_list("details", flat=True)) == {
        "6 texts with links within an hour.",
        "The same text 6 times within an hour.",
        "5 requests to connect within an hour.",
    }
    assert {case.target_type for case in Case.objects.all()} == {"user"}
    assert String.objects.count() == 6, "nothing is removed"


def test_innocents_trip_none(alice: Person, bob: Person, charlie: Person, settings: Any):
    strings(alice, *(LINK.format(n) for n in range(5)))
    strings(alice, *(LINK.format(n) for n in range(20)), hours=2)
    say(bob, *["Thanks, see you there!"] * 30, *(f"This is the {n}th thing I have to say tonight." for n in range(50)))
    say(alice, LONG, LONG, LONG)
    say(charlie, LONG)
    for n in range(20):
        connect(charlie, make_person(f"P{n}"))
    for n in range(4):
        connect(charlie, make_person(f"Q{n}"), "pending")  # type: ignore[arg-type]
    UserConnection.objects.filter(requester_id=alice.user_id).update(created_at=timezone.now() - timedelta(hours=2))
    assert apply_rules() == 0
    assert flagged() == []
    settings.RULE_LINKS_PER_HOUR = 5
    assert apply_rules() == 1


def test_who_was_looked_at_is_left_alone_for_a_day(alice: Person, mod: Person):
    strings(alice, *(LINK.format(n) for n in range(6)))
    assert apply_rules() == 1
    assert apply_rules() == 0
    case = Case.objects.get()
    services.case_dismiss(caller=mod.caller, case_id=case.id, version=case.version)
    assert apply_rules() == 0
    Report.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert apply_rules() == 1


def test_somebody_erased_meanwhile_is_no_trouble(alice: Person, monkeypatch: pytest.MonkeyPatch):
    strings(alice, *(LINK.format(n) for n in range(6)))

    def gone(**values: Any) -> None:
        alice.client.delete("/api/me")
        services.content_flag(**values)

    monkeypatch.setattr("moderation.rules.content_flag", gone)
    assert apply_rules() == 0
