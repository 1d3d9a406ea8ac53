"""Staff as services know them."""

import uuid

from accounts.authentication import load_caller
from accounts.callers import Caller
from accounts.models import StaffUser

_OPERATORS = uuid.UUID("0b6cf0b3-5d0e-4a4e-9a52-2f3a1f6f4f1d")


def staff_caller(user: StaffUser) -> Caller:
    """Return the caller that a member of staff acts as.

    An operator of `createsuperuser` is an admin whom no account stands behind; their id is always the same, and nobody's.

    Raises:
        TokenError, DomainError: the account is gone or banned.
    """
    if user.supabase_user_id is not None:
        return load_caller(user.supabase_user_id)
    nobody = uuid.uuid5(_OPERATORS, str(user.pk))
    return Caller(user_id=nobody, profile_id=nobody, is_admin=user.is_superuser, is_mod=user.is_staff)
