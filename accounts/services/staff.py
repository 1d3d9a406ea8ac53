"""Staff accounts of Lifestring's own moderators and admins: made at sign-in, following the profile from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from accounts.models import StaffUser
from lifestring.db import service
from lifestring.errors import ConflictError

if TYPE_CHECKING:
    from accounts.callers import Caller

MODERATORS = "moderators"


@service
def staff_user_sign_in(*, caller: Caller, email: str, name: str) -> StaffUser:
    """Make or refresh the staff account of somebody who just proved to be `caller`.

    Raises:
        ConflictError: an operator made by `createsuperuser` has this address; the two are never taken for one.
    """
    email = email.strip().lower()
    others = StaffUser.objects.select_for_update().filter(email=email).exclude(supabase_user_id=caller.user_id)
    if others.filter(supabase_user_id=None).exists():
        raise ConflictError("A local staff account has this address.")
    # Supabase gave the address to another account since; its former holder gets theirs back at the next sign-in.
    others.update(email=Concat(Cast("supabase_user_id", CharField()), Value("@former.invalid")))
    user, _ = StaffUser.objects.get_or_create(
        supabase_user_id=caller.user_id, defaults={"email": email, "password": make_password(None)}
    )
    user.email, user.name = email, name[:255]
    user.save(update_fields=["email", "name"])
    _set_role(user, is_admin=caller.is_admin, is_mod=caller.is_mod)
    return user


@service
def staff_user_set_role(*, user: StaffUser, is_admin: bool, is_mod: bool) -> None:
    """Follow a profile whose flags changed; somebody with neither keeps the account without any right."""
    _set_role(user, is_admin=is_admin, is_mod=is_mod)


def _set_role(user: StaffUser, *, is_admin: bool, is_mod: bool) -> None:
    user.is_staff, user.is_superuser = is_admin or is_mod, is_admin
    user.save(update_fields=["is_staff", "is_superuser"])
    moderators, _ = Group.objects.get_or_create(name=MODERATORS)
    if is_mod:
        user.groups.add(moderators)
    else:
        user.groups.remove(moderators)
