"""Entering the admin with a Supabase password."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.local_auth.models import AuthAccount, AuthSession
from accounts.models import AuthUser, SignedOut, StaffUser, Suspension, UserProfile
from accounts.staff_backend import SupabaseStaffBackend
from accounts.tests.auth_client import PASSWORD, AuthClient
from accounts.tests.supabase_server import SESSION, Answer, SupabaseServer
from lifestring.testing.people import make_person

EMAIL = "alice@lifestring.example"
SIGN_IN = "POST token?grant_type=password"
SIGN_OUT = "POST logout?scope=local"


@pytest.fixture
def alice_account(auth: AuthClient) -> AuthAccount:
    """An account with a password, whose profile has no role yet."""
    auth.sign_up(EMAIL, data={"name": "Alice"})
    return AuthAccount.objects.get()


def give_role(account: AuthAccount, *, is_admin: bool = False, is_mod: bool = False) -> None:
    UserProfile.objects.filter(user_id=account.id).update(is_admin=is_admin, is_mod=is_mod)


def log_in(email: str = EMAIL, password: str = PASSWORD) -> Client:
    """Use the admin's own form."""
    client = Client()
    client.post("/admin/login/", {"username": email, "password": password, "next": "/admin/"})
    return client


def may_enter(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_an_admin_enters_as_superuser(alice_account: AuthAccount) -> None:
    give_role(alice_account, is_admin=True)
    assert may_enter(log_in())
    staff = StaffUser.objects.get()
    assert (staff.email, staff.name, staff.supabase_user_id) == (EMAIL, "Alice", alice_account.id)
    assert (staff.is_staff, staff.is_superuser, staff.has_usable_password()) == (True, True, False)
    assert not staff.groups.exists()


@pytest.mark.django_db
def test_a_moderator_enters_with_the_groups_rights(alice_account: AuthAccount) -> None:
    give_role(alice_account, is_mod=True)
    assert may_enter(log_in(EMAIL.upper()))
    staff = StaffUser.objects.get()
    assert (staff.is_staff, staff.is_superuser) == (True, False)
    assert list(staff.groups.values_list("name", flat=True)) == ["moderators"]


@pytest.mark.django_db
def test_signing_in_again_makes_no_second_account_and_leaves_no_session(alice_account: AuthAccount) -> None:
    give_role(alice_account, is_admin=True)
    log_in()
    log_in()
    assert StaffUser.objects.count() == 1
    assert AuthSession.objects.count() == 1, "only the session of the sign-up itself"


@pytest.mark.django_db
def test_it_rejects_people_without_a_role_and_wrong_passwords(alice_account: AuthAccount) -> None:
    assert not may_enter(log_in())
    give_role(alice_account, is_admin=True)
    assert not may_enter(log_in(password="wrong one"))
    assert not may_enter(log_in("nobody@lifestring.example"))
    assert authenticate(None, username="", password="") is None
    assert not StaffUser.objects.exists()


@pytest.mark.django_db
def test_it_rejects_the_suspended_and_the_banned(alice_account: AuthAccount) -> None:
    give_role(alice_account, is_admin=True)
    Suspension.objects.create(user_id=alice_account.id)
    assert not may_enter(log_in())
    Suspension.objects.update(until=timezone.now() - timedelta(hours=1))
    assert may_enter(log_in())
    AuthAccount.objects.update(banned_until=timezone.now() + timedelta(hours=1))
    assert not may_enter(log_in())


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["demoted", "suspended", "banned", "deleted", "deactivated", "profile gone"])
def test_losing_the_role_works_at_once(alice_account: AuthAccount, change: str) -> None:
    give_role(alice_account, is_admin=True)
    client = log_in()
    assert may_enter(client)
    if change == "demoted":
        give_role(alice_account)
    elif change == "suspended":
        Suspension.objects.create(user_id=alice_account.id, until=timezone.now() + timedelta(hours=1))
    elif change == "banned":
        AuthAccount.objects.update(banned_until=timezone.now() + timedelta(hours=1))
    elif change == "deleted":
        AuthUser.objects.update(deleted_at=timezone.now())
    elif change == "deactivated":
        StaffUser.objects.update(is_active=False)
    else:
        UserProfile.objects.all().delete()
    assert not may_enter(client)
    staff = StaffUser.objects.get()
    assert (staff.is_staff, staff.is_superuser) == (False, False)


@pytest.mark.django_db
def test_who_is_signed_out_everywhere_signs_in_anew(alice_account: AuthAccount) -> None:
    give_role(alice_account, is_admin=True)
    before = log_in()
    assert may_enter(before)
    SignedOut.objects.create(user_id=alice_account.id)
    assert not may_enter(before)
    after = log_in()
    assert may_enter(after)
    SignedOut.objects.update(at=timezone.now() + timedelta(seconds=1))
    assert not may_enter(after)


@pytest.mark.django_db
def test_an_admin_who_becomes_a_moderator_keeps_only_the_group(alice_account: AuthAccount) -> None:
    give_role(alice_account, is_admin=True)
    client = log_in()
    give_role(alice_account, is_mod=True)
    assert may_enter(client)
    staff = StaffUser.objects.get()
    assert (staff.is_superuser, staff.groups.get().name) == (False, "moderators")
    give_role(alice_account, is_admin=True)
    assert may_enter(client)
    staff = StaffUser.objects.get()
    assert (staff.is_superuser, staff.groups.exists()) == (True, False)


@pytest.mark.django_db
def test_reading_the_profile_takes_one_query(alice_account: AuthAccount, django_assert_num_queries: Any) -> None:
    give_role(alice_account, is_mod=True)
    log_in()
    staff = StaffUser.objects.get()
    with django_assert_num_queries(1):
        user = SupabaseStaffBackend().get_user(staff.pk)
    assert user == staff
    assert SupabaseStaffBackend().get_user(staff.pk + 1) is None


@pytest.mark.django_db
def test_an_operator_made_by_createsuperuser_enters_with_their_own_password(auth: AuthClient) -> None:
    StaffUser.objects.create_superuser("operator@lifestring.example", "an operator's passphrase")
    client = log_in("operator@lifestring.example", "an operator's passphrase")
    assert may_enter(client)
    assert not may_enter(log_in("operator@lifestring.example", "wrong one"))


@pytest.mark.django_db
def test_an_operator_and_a_person_with_one_address_are_never_taken_for_one(alice_account: AuthAccount) -> None:
    operator = StaffUser.objects.create_superuser(EMAIL, "an operator's passphrase")
    give_role(alice_account, is_mod=True)
    assert not may_enter(log_in())
    operator.refresh_from_db()
    assert (operator.supabase_user_id, operator.is_superuser) == (None, True)


@pytest.mark.django_db
def test_an_address_that_changed_hands_belongs_to_its_new_holder(alice_account: AuthAccount) -> None:
    former = make_person("Former", is_mod=True)
    StaffUser.objects.create_user(EMAIL, supabase_user_id=former.user_id)
    give_role(alice_account, is_mod=True)
    assert may_enter(log_in())
    emails = dict(StaffUser.objects.values_list("supabase_user_id", "email"))
    assert emails == {former.user_id: f"{former.user_id}@former.invalid", alice_account.id: EMAIL}


@pytest.mark.django_db
def test_in_production_supabase_checks_the_password(supabase: SupabaseServer) -> None:
    admin = make_person("Admin", is_admin=True)
    user = {**SESSION["user"], "id": str(admin.user_id), "user_metadata": {"name": "Ada"}}
    supabase.answers |= {SIGN_IN: Answer(body={**SESSION, "user": user}), SIGN_OUT: Answer(204)}
    assert may_enter(log_in())
    assert [request.path for request in supabase.requests] == ["token?grant_type=password", "logout?scope=local"]
    assert StaffUser.objects.get().name == "Ada"


@pytest.mark.django_db
def test_a_session_that_cannot_be_ended_keeps_nobody_out(supabase: SupabaseServer) -> None:
    admin = make_person("Admin", is_admin=True)
    answer = {**SESSION, "user": {"id": str(admin.user_id), "user_metadata": None}}
    supabase.answers |= {SIGN_IN: Answer(body=answer), SIGN_OUT: Answer(500)}
    assert may_enter(log_in())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, {"code": "invalid_credentials", "message": "Invalid login credentials"}),
        Answer(500, b"<html>"),
        Answer(200, {}),
        Answer(200, {"user": ["x"], "access_token": 5}),
        Answer(200, {"user": {"id": "no uuid"}}),
        Answer(200, {"user": {"id": SESSION["user"]["id"]}}),
    ],
)
def test_any_other_answer_of_supabase_opens_nothing(supabase: SupabaseServer, answer: Answer) -> None:
    supabase.answers[SIGN_IN] = answer
    assert not may_enter(log_in())
    assert not StaffUser.objects.exists()
    assert not Group.objects.filter(name="moderators").exists()
