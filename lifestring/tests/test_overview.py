"""The admin's overview: what the last thirty days came to, counted by a job and never by the page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import dramatiq
import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.models import StaffUser, UserProfile
from chat.models import Message, Room
from lifestring import figures
from lifestring.dead_letters import waiting_jobs
from lifestring.models import DailyFigure
from lifestring.services import figures_roll_up
from lifestring.testing.people import Person
from moderation import services
from moderation.tests.acts import case_about, report
from strings.models import String, StringComment

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def client_of(**rights: bool) -> Client:
    client = Client()
    client.force_login(StaffUser.objects.create_user(f"{len(rights)}@x.example", is_staff=True, **rights), BACKEND)
    return client


def stored(name: str, days_ago: int = 0) -> float | None:
    day = figures.today() - timedelta(days=days_ago)
    return DailyFigure.objects.filter(name=name, day=day).values_list("value", flat=True).first()


def test_the_job_counts_what_each_day_came_to(alice: Person, bob: Person, charlie: Person, mod: Person):
    now = timezone.now()
    for days, person in ((0, alice), (0, alice), (0, bob), (3, alice), (40, bob)):
        String.objects.create(user_id=person.user_id, content_text="x", created_at=now - timedelta(days=days))
    string = String.objects.first()
    StringComment.objects.create(string=string, user_id=charlie.user_id, content="x")
    room = Room.objects.create()
    Message.objects.create(room=room, user_id=alice.user_id, content="x", created_at=now - timedelta(days=3))
    UserProfile.objects.filter(user_id=bob.user_id).update(created_at=now - timedelta(days=29))
    figures_roll_up()
    assert [stored("strings", days) for days in (0, 1, 3, 29, 40)] == [3, 0, 1, 0, None]
    assert [stored("active", days) for days in (0, 3)] == [3, 1]
    assert [stored("messages", days) for days in (0, 3)] == [0, 1]
    assert [stored("signups", days) for days in (0, 29)] == [3, 1]


def test_days_that_were_missed_are_counted_afterwards_and_others_left_alone(alice: Person):
    figures_roll_up()
    for days in (2, 10):
        String.objects.create(user_id=alice.user_id, created_at=timezone.now() - timedelta(days=days))
    figures_roll_up()
    assert [stored("strings", days) for days in (2, 10)] == [0, 0], "nobody looks at those days again"
    DailyFigure.objects.filter(name="strings", day=figures.today() - timedelta(days=5)).delete()
    figures_roll_up()
    assert [stored("strings", days) for days in (2, 5, 10)] == [1, 0, 0]


def test_cases_tell_how_many_wait_and_how_long_a_decision_took(
    alice: Person, bob: Person, charlie: Person, mod: Person
):
    string = alice.client.post("/api/strings", {"content_text": "x"}).json()["data"]["id"]
    case = case_about(bob, "string", string)
    report(charlie, "string", string)
    figures_roll_up()
    assert (stored("reports"), stored("cases_open"), stored("decision_hours")) == (2, 1, None)
    type(case).objects.update(opened_at=timezone.now() - timedelta(hours=6))
    services.case_dismiss(caller=mod.caller, case_id=case.id, version=case.version)
    figures_roll_up()
    assert stored("cases_open") == 1, "the most there were that day"
    assert stored("decision_hours") == pytest.approx(6, abs=0.1)


def test_the_page_draws_it_and_counts_nothing(alice: Person):
    String.objects.create(user_id=alice.user_id)
    client = client_of(is_superuser=True)
    assert "Nothing was counted yet." in client.get("/admin/").content.decode()
    figures_roll_up()
    with CaptureQueriesContext(connection) as captured:
        page = client.get("/admin/").content.decode()
    assert len(captured) <= 8
    assert not [query["sql"] for query in captured if re.search(r'"strings"|"messages"|user_profiles"', query["sql"])]
    day = datetime.now(UTC).date().isoformat()
    assert f"<title>{day}: 1</title>" in page
    assert page.count('role="img"') == len(figures.registered_figures()) - 1, "no decision was made on any day"
    assert re.search(r'aria-label="New strings by day: today 1, at most 1"', page)


def test_moderators_do_not_see_what_is_for_admins():
    figures_roll_up()
    page = client_of().get("/admin/").content.decode()
    assert "Cases to decide" in page
    assert "Jobs that wait" not in page
    assert "Jobs that wait" in client_of(is_superuser=True).get("/admin/").content.decode()


def test_without_redis_the_page_is_there(monkeypatch: pytest.MonkeyPatch):
    broker: Any = dramatiq.get_broker()
    client = redis.Redis(port=9, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(broker, "client", client)
    assert waiting_jobs() is None
    figures_roll_up()
    assert client_of(is_superuser=True).get("/admin/").status_code == 200
    client.close()
