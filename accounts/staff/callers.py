"""Staff as services know them: callers, and the ids that cases and the trail hold.

Operators made by `createsuperuser` have no account at Supabase; an id derived from their row stands for them.
"""

import uuid

from accounts.authentication import load_caller
from accounts.callers import Caller
from accounts.models import StaffUser

_OPERATORS = uuid.UUID("0d1f6f0a-3c0e-5f0b-9a53-1f1c6a4b7e55")


def operator_id(user: StaffUser) -> uuid.UUID:
    """Return the id that cases and the trail know a member of staff by."""
    return user.supabase_user_id or uuid.uuid5(_OPERATORS, str(user.pk))


def staff_caller(user: StaffUser) -> Caller:
    """Return a member of staff as services know them, with the rights they have now.

    Raises:
        TokenError, DomainError: their account is gone or banned.
    """
    if user.supabase_user_id is not None:
        return load_caller(user.supabase_user_id)
    own_id = operator_id(user)
    return Caller(user_id=own_id, profile_id=own_id, is_admin=user.is_superuser, is_mod=user.is_staff)
