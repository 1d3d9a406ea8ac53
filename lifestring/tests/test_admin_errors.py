"""What staff see when something cannot be done: a page in the admin's own look, where programs get JSON."""

from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.test import Client

from accounts.models import StaffUser
from lifestring.admin_errors import error_page
from lifestring.testing.asserts import assert_error

BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture
def dana() -> Client:
    """A moderator who works in the admin."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(StaffUser.objects.create_user("dana@x.example", name="Dana", is_staff=True), BACKEND)
    return client


def said(answer: Any, status: int) -> str:
    """What a page says; it is one of the admin's, with its policy."""
    text: str = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/html; charset=utf-8"), text
    assert "staff.css" in text
    assert "'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    return text


def test_who_is_in_keeps_the_way_to_everywhere_else(dana: Client):
    nothing = said(dana.get("/admin/nothing/at/all/"), 404)
    assert "There is nothing at this address" in nothing
    for page in (nothing, said(dana.get("/admin/jobs"), 403), said(dana.get("/admin/queue/act/"), 405)):
        assert 'href="/admin/queue/"' in page
        assert "Dana" in page
    assert dana.get("/admin/queue/act/")["Allow"] == "POST"


def test_a_form_that_is_too_old_says_so_and_does_nothing(dana: Client):
    page = said(dana.post("/admin/queue/act/", {"act": "dismiss"}), 403)
    assert "load the page anew" in page
    assert "Dana" not in page


def test_a_fault_has_the_id_that_the_logs_have_and_asks_nothing_of_the_database(
    dana: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
):
    def fails(error: Exception) -> None:
        def run(*args: object) -> None:
            raise error

        monkeypatch.setattr("moderation.admin_queue.waiting_appeals", run)

    fails(RuntimeError("the password is hunter2"))
    answer = dana.get("/admin/appeals/", headers={"X-Request-Id": "asked-by-dana"})
    page = said(answer, 500)
    assert "asked-by-dana" in page
    assert "hunter2" not in page
    with django_assert_num_queries(0):
        error_page(answer.wsgi_request, 500)
    fails(BadRequest("hunter2"))
    assert "Nothing was done" in said(dana.get("/admin/appeals/"), 400)


def test_programs_get_json_as_before(client: Client):
    assert_error(client.get("/api/nothing"), 404, "not_found")
    assert_error(client.get("/administration"), 404, "not_found")
