"""Staff accounts and suspensions, our own tables beside Supabase's."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import StaffUser, Suspension

pytestmark = pytest.mark.django_db


def test_a_staff_user_has_no_rights_unless_given():
    user = StaffUser.objects.create_user("  Mia@Lifestring.Example ", name="Mia")

    assert get_user_model() is StaffUser
    assert (user.email, str(user), user.get_username()) == ("mia@lifestring.example",) * 3
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert not user.has_usable_password()
    assert not user.has_perm("accounts.view_userprofile")
    assert (user.get_full_name(), user.get_short_name()) == ("Mia", "Mia")


def test_an_operator_is_made_on_the_command_line(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long enough phrase")
    call_command("createsuperuser", email="Ops@Lifestring.Example", interactive=False, verbosity=0)
    user = StaffUser.objects.get()

    assert (user.email, user.is_staff, user.is_superuser) == ("ops@lifestring.example", True, True)
    assert (user.get_full_name(), user.get_short_name()) == ("ops@lifestring.example", "ops@lifestring.example")
    assert user.has_perm("accounts.delete_userprofile")


def test_the_address_is_found_however_it_is_capitalised():
    user = StaffUser.objects.create_user("mia@lifestring.example", "a long enough phrase")

    assert StaffUser.objects.get_by_natural_key(" MIA@lifestring.example") == user
    with pytest.raises(StaffUser.DoesNotExist):
        StaffUser.objects.get_by_natural_key(None)


@pytest.mark.parametrize("address", ["", "   "])
def test_a_staff_user_needs_an_address(address: str):
    with pytest.raises(ValueError, match="e-mail address"):
        StaffUser.objects.create_user(address)


def test_an_address_and_an_account_belong_to_one_staff_user():
    account = uuid.uuid4()
    StaffUser.objects.create_user("mia@lifestring.example", supabase_user_id=account)
    StaffUser.objects.create_user("noah@lifestring.example")
    StaffUser.objects.create_user("olga@lifestring.example")

    for email, supabase_user_id in (("MIA@lifestring.example", None), ("pia@lifestring.example", account)):
        with pytest.raises(IntegrityError), transaction.atomic():
            StaffUser.objects.create_user(email, supabase_user_id=supabase_user_id)


def test_a_suspension_needs_no_account_and_says_how_long_it_lasts():
    end = timezone.now() + timedelta(days=1)
    limited = Suspension.objects.create(user_id=uuid.uuid4(), until=end, reason="spam")
    for_good = Suspension.objects.create(user_id=uuid.uuid4())

    assert str(limited) == f"{limited.user_id} until {end}"
    assert str(for_good) == f"{for_good.user_id} until further notice"
    assert for_good.suspended_at <= timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.create(user_id=limited.user_id)
