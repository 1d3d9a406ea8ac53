"""Reporting: POST /api/reports, GET /api/my/reports, and what becomes of it (docs/api.md, Moderation)."""

import uuid

import pytest

from lifestring.testing.people import Person
from moderation.models import Case, Report
from moderation.services import content_flag
from strings.tests.posts import post_string

pytestmark = pytest.mark.django_db


def test_a_flag_opens_a_case_and_removes_nothing(alice: Person):
    string = uuid.UUID(post_string(alice))
    case_id = content_flag(source="ai", target_type="string", target_id=string, reason="hate", details="score 0.97")
    assert content_flag(source="ai", target_type="string", target_id=string, reason="spam", details="again") == case_id
    case = Case.objects.get(id=case_id)
    assert (case.person_id, case.severity, case.reporters_count, case.status) == (alice.user_id, 2, 0, "open")
    assert Report.objects.get().details == "score 0.97"
    assert alice.client.get(f"/api/strings/{string}").status_code == 200
