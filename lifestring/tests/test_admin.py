"""The admin shows people and what they wrote to staff, and to nobody else; it changes nothing by itself."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from accounts.models import StaffUser
from accounts.services import profile_merge
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db

PAGES = sorted(
    model._meta.label_lower.replace(".", "/")
    for model in admin.site._registry
    if model._meta.app_label in {"accounts", "strings", "chat", "events"}
)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(
        StaffUser.objects.create_superuser("staff@lifestring.example"), "django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.fixture
def something_of_each(alice: Person) -> None:
    string = alice.client.post("/api/strings", {"content_text": "Seen in the admin"}).json()["data"]["id"]
    alice.client.post(f"/api/strings/{string}/comments", {"content": "A comment"})
    profile_merge(caller=alice.caller, user_id=alice.user_id, values={"biography": {"bio": "Hello"}})
    apps.get_model("chat", "Room").objects.create(name="A room")
    apps.get_model("events", "Event").objects.create(
        user_id=alice.user_id, title="A walk", start_time="2026-12-01T10:00Z"
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_list_opens_for_staff_in_few_queries(
    page: str, staff: Client, something_of_each: None, django_assert_max_num_queries
):
    with django_assert_max_num_queries(10):
        answer = staff.get(f"/admin/{page}/")
    assert answer.status_code == 200
    assert staff.get(f"/admin/{page}/?q=a").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_every_row_opens_and_none_can_be_changed(page: str, staff: Client, something_of_each: None):
    model = apps.get_model(*page.split("/"))
    for row in model.objects.all()[:2]:
        address = f"/admin/{page}/{row.pk}/change/"
        assert staff.get(address).status_code == 200
        assert staff.post(address, {}).status_code == 403
        assert staff.post(f"/admin/{page}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get(f"/admin/{page}/add/").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_nobody_else_gets_in(page: str, alice: Person):
    assert Client().get(f"/admin/{page}/").status_code == 302
    assert alice.client.get(f"/admin/{page}/").status_code == 302


def test_people_are_found_by_name_and_address(staff: Client, alice: Person, charlie: Person):
    page = staff.get("/admin/accounts/userprofile/?q=Alice").content.decode()
    assert "Alice" in page
    assert "Charlie" not in page
    assert "Charlie" in staff.get(f"/admin/accounts/userprofile/?q={charlie.user_id}").content.decode()
