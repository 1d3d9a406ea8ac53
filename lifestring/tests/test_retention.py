"""Nothing of ours is kept for ever without a reason: docs/data.md names every table, and what has a time ends."""

import re
from datetime import timedelta
from typing import Any

import dramatiq
import pytest
from django.conf import settings as real_settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from dramatiq_crontab import scheduler

from accounts.models import StaffSignIn, StaffUser
from accounts.tasks import sweep_orphans
from lifestring.local.state import PROJECT
from lifestring.models import DailyFigure
from lifestring.tasks import roll_up_figures
from lifestring.tests.test_config import names_in_config

PAGE = PROJECT / "docs" / "data.md"
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'django'::regnamespace AND relkind = 'r'"


def table_of(page: str) -> list[list[str]]:
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


@pytest.mark.django_db
def test_the_page_says_of_every_table_how_long_it_is_kept_and_by_which_job() -> None:
    rows = [row for row in table_of(PAGE.read_text("utf-8")) if row[0] != "`DATABASE_URL`"]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        assert sorted(named) == sorted(name for (name,) in cursor.fetchall())
    kept = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row[1])}
    assert kept == {"ROOM_LOG_DAYS", "AI_USAGE_DAYS", "SNAPSHOT_DAYS", "CASE_DAYS", "SIGN_IN_DAYS", "FIGURE_DAYS"}
    assert kept <= names_in_config()
    jobs = {job for row in rows if len(row) > 2 for job in re.findall(r"\w+\.\w+", row[2])}
    by_the_clock = {job.name for job in scheduler.get_jobs()}
    assert jobs
    assert {job for job in jobs if job not in by_the_clock} == set()


@pytest.mark.django_db
def test_what_staff_did_to_get_in_is_kept_for_a_while(settings: Any) -> None:
    settings.SIGN_IN_DAYS = 10
    now = timezone.now()
    staff = StaffUser.objects.create_superuser(email="op@lifestring.example", password="a good password")
    for days in (9, 11):
        at = now - timedelta(days=days)
        StaffSignIn.objects.create(email="op@lifestring.example", agent="", outcome="refused", at=at)
        kind = ContentType.objects.get_for_model(StaffUser)
        LogEntry.objects.create(user=staff, content_type=kind, action_flag=CHANGE, action_time=at)
    for key, minutes in (("over", -1), ("running", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(minutes=minutes))

    sweep_orphans()

    assert StaffSignIn.objects.get().at > now - timedelta(days=10)
    assert LogEntry.objects.get().action_time > now - timedelta(days=10)
    assert Session.objects.get().session_key == "running"


@pytest.mark.django_db
def test_figures_of_the_overview_end(settings: Any) -> None:
    settings.FIGURE_DAYS = 100
    today = timezone.now().date()
    for days in (100, 101):
        DailyFigure.objects.create(day=today - timedelta(days=days), name="kept", value=1)

    roll_up_figures()

    assert DailyFigure.objects.get(name="kept").day == today - timedelta(days=100)


def test_jobs_that_were_given_up_are_kept_as_long_as_the_setting_says() -> None:
    broker: Any = dramatiq.get_broker()

    assert broker.dead_message_ttl == timedelta(days=real_settings.DEAD_LETTER_DAYS) / timedelta(milliseconds=1)
